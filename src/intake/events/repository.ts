/** What happens to repositories themselves: installed, removed, renamed, their branches protected otherwise. */
import { z } from 'zod'
import type { Facts, RepositoryFact } from '../../domain/facts.ts'
import { type NewTask, newTask } from '../../domain/task.ts'
import { envelope, id, optional, repositoryFact, sha, storableJson, text, time, word } from './payload.ts'

const mergeGroupSchema = envelope.extend({
  action: word,
  merge_group: z.object({
    head_sha: sha,
    head_ref: text,
    base_ref: text,
    base_sha: sha,
    head_commit: z.object({ timestamp: optional(time) }).nullish(),
  }),
})

/** Facts of a `merge_group` payload: its commit is the queue's, not a pull request's head. */
export function mergeGroup(payload: unknown): Facts {
  const told = mergeGroupSchema.parse(payload)
  const { head_sha, head_ref, base_ref, base_sha, head_commit } = told.merge_group
  const number = /\/pr-(\d{1,9})-[0-9a-f]{40}$/.exec(head_ref)?.[1]
  return {
    merge_group: [
      {
        repository_id: told.repository.id,
        head_sha,
        action: told.action,
        base_ref: base_ref.replace(/^refs\/heads\//, ''),
        base_sha,
        number: number ? Number(number) : null,
        reported_at: head_commit?.timestamp ?? new Date(0).toISOString(),
      },
    ],
  }
}

const shortRepository = z.object({ id: id.positive(), full_name: text, private: z.boolean().nullish() })
const installationSchema = z.object({
  action: word,
  installation: z.object({ id }),
  repositories: z.array(shortRepository).nullish(),
  repositories_added: z.array(shortRepository).nullish(),
  repositories_removed: z.array(shortRepository).nullish(),
})

/** Facts of `installation` and `installation_repositories`: which repositories the app is on, from when to when. */
export function installation(payload: unknown, received: { guid: string; event: string; at: string }): Facts {
  const told = installationSchema.parse(payload)
  // An installation's own time is not the time of a removal, so what GitHub does not date is dated by its arrival.
  const at = received.at
  const isGone = told.action === 'deleted'
  const added = [...(isGone ? [] : (told.repositories ?? [])), ...(told.repositories_added ?? [])]
  const removed = [...(isGone ? (told.repositories ?? []) : []), ...(told.repositories_removed ?? [])]
  const fact = (one: z.infer<typeof shortRepository>, removedAt: string | null): RepositoryFact => ({
    repository_id: one.id,
    full_name: one.full_name,
    private: one.private ?? false,
    default_branch: null,
    installation_id: told.installation.id,
    reported_at: at,
    removed_at: removedAt,
    installed: removedAt === null,
  })
  const all = [...added.map((one) => fact(one, null)), ...removed.map((one) => fact(one, at))]
  return {
    repository: all,
    installation: [
      {
        installation_id: told.installation.id,
        reported_at: at,
        suspended_at: told.action === 'suspend' ? at : null,
      },
    ],
    outbox: all.filter((one) => !one.removed_at).map((one) => refreshRequest(one.repository_id, received)),
    repository_event: all.map((one) => ({
      repository_id: one.repository_id,
      guid: received.guid,
      event: received.event,
      action: told.action,
      reported_at: at,
      detail: { installation_id: told.installation.id, removed: one.removed_at !== null },
    })),
  }
}

/** Whether other jobs may be required from now on; another default branch has rules of its own. */
function announcesRules(event: string, changes: unknown): boolean {
  return (
    event !== 'repository' || (typeof changes === 'object' && changes !== null && 'default_branch' in changes)
  )
}

/** The required jobs are read again, as of the time at which their change was announced. */
function refreshRequest(repository_id: number, { guid, at }: { guid: string; at: string }): NewTask {
  return newTask({ repository_id, task_key: `required:${guid}`, at }, 'required', { since: at })
}

const anyOf = envelope.extend({
  changes: z.unknown().optional(),
  rule: z.unknown().optional(),
  repository_ruleset: z.unknown().optional(),
})

/** Facts of `repository`, `branch_protection_rule` and `repository_ruleset`: kept whole, they are few. */
export function repositoryChange(
  payload: unknown,
  received: { guid: string; event: string; at: string },
): Facts {
  const told = anyOf.parse(payload)
  const { rule, repository_ruleset, changes } = told
  const isDeleted = received.event === 'repository' && told.action === 'deleted'
  return {
    repository: [{ ...repositoryFact(told, received.at), removed_at: isDeleted ? received.at : null }],
    ...(announcesRules(received.event, changes) && {
      outbox: [refreshRequest(told.repository.id, received)],
    }),
    repository_event: [
      {
        repository_id: told.repository.id,
        guid: received.guid,
        event: received.event,
        action: told.action ?? null,
        reported_at: received.at,
        detail: storableJson({ rule, repository_ruleset, changes }),
      },
    ],
  }
}
