/** Translates events about repositories themselves: installation, removal, new names, changes of branch protection; and merge queues. */
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

/** Facts of a `merge_group` payload. Its commit belongs to the merge queue and is not the head of a pull request. */
export function mergeGroup(payload: unknown): Facts {
  const event = mergeGroupSchema.parse(payload)
  const { head_sha, head_ref, base_ref, base_sha, head_commit } = event.merge_group
  const number = /\/pr-(\d{1,9})-[0-9a-f]{40}$/.exec(head_ref)?.[1]
  return {
    merge_group: [
      {
        repository_id: event.repository.id,
        head_sha,
        action: event.action,
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

/** Facts of `installation` and `installation_repositories`: in which repositories the app is installed. */
export function installation(payload: unknown, received: { guid: string; event: string; at: string }): Facts {
  const event = installationSchema.parse(payload)
  // The payload has the time of the installation and not that of a removal, so all are dated by their arrival.
  const at = received.at
  const { id: installation_id } = event.installation
  const isUninstalled = event.action === 'deleted'
  const added = [...(isUninstalled ? [] : (event.repositories ?? [])), ...(event.repositories_added ?? [])]
  const removed = [
    ...(isUninstalled ? (event.repositories ?? []) : []),
    ...(event.repositories_removed ?? []),
  ]
  const fact = (repository: z.infer<typeof shortRepository>, removedAt: string | null): RepositoryFact => ({
    repository_id: repository.id,
    full_name: repository.full_name,
    private: repository.private ?? false,
    default_branch: null,
    installation_id,
    reported_at: at,
    removed_at: removedAt,
    installed: removedAt === null,
  })
  const all = [
    ...added.map((repository) => fact(repository, null)),
    ...removed.map((repository) => fact(repository, at)),
  ]
  return {
    repository: all,
    installation: [
      { installation_id, reported_at: at, suspended_at: event.action === 'suspend' ? at : null },
    ],
    outbox: added.map((repository) => refreshRequest(repository.id, received)),
    repository_event: all.map(({ repository_id, removed_at }) => ({
      repository_id,
      guid: received.guid,
      event: received.event,
      action: event.action,
      reported_at: at,
      detail: { installation_id, removed: removed_at !== null },
    })),
  }
}

/** Whether the event can change the list of required jobs. Another default branch has its own rules. */
function announcesRules(event: string, changes: unknown): boolean {
  return (
    event !== 'repository' || (typeof changes === 'object' && changes !== null && 'default_branch' in changes)
  )
}

/** Asks for the required jobs to be read again. The list holds from the time at which the change was announced. */
function refreshRequest(repository_id: number, { guid, at }: { guid: string; at: string }): NewTask {
  return newTask({ repository_id, task_key: `required:${guid}`, at }, 'required', { since: at })
}

const changeSchema = envelope.extend({
  changes: z.unknown().optional(),
  rule: z.unknown().optional(),
  repository_ruleset: z.unknown().optional(),
})

/** Facts of `repository`, `branch_protection_rule` and `repository_ruleset`. These are rare, so their details are kept. */
export function repositoryChange(
  payload: unknown,
  received: { guid: string; event: string; at: string },
): Facts {
  const event = changeSchema.parse(payload)
  const { rule, repository_ruleset, changes } = event
  const isDeleted = received.event === 'repository' && event.action === 'deleted'
  return {
    repository: [{ ...repositoryFact(event, received.at), removed_at: isDeleted ? received.at : null }],
    ...(announcesRules(received.event, changes) && {
      outbox: [refreshRequest(event.repository.id, received)],
    }),
    repository_event: [
      {
        repository_id: event.repository.id,
        guid: received.guid,
        event: received.event,
        action: event.action ?? null,
        reported_at: received.at,
        detail: storableJson({ rule, repository_ruleset, changes }),
      },
    ],
  }
}
