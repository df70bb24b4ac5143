/** Translates events about repositories themselves: installation, removal, new names, changes of branch protection; and merge queues. */
import { z } from 'zod'
import type { Facts, InstallationFact, RepositoryFact } from '../../domain/facts.ts'
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
/** GitHub sends seconds since 1970 in some events and RFC 3339 in others. */
const anyTime = optional(
  z.union([z.number().transform((seconds) => new Date(seconds * 1000).toISOString()), time]),
).catch(null)
const installationSchema = z.object({
  action: word,
  installation: z.object({ id, created_at: anyTime, updated_at: anyTime, suspended_at: anyTime }),
  repositories: z.array(shortRepository).nullish(),
  repositories_added: z.array(shortRepository).nullish(),
  repositories_removed: z.array(shortRepository).nullish(),
})
type InstallationEvent = z.infer<typeof installationSchema>

interface Received {
  guid: string
  event: string
  at: string
}

const MEMBERSHIP: Record<string, RepositoryFact['membership']> = { created: 'added', deleted: 'removed' }

/**
 * Facts of `installation` and `installation_repositories`: in which repositories the app is installed. Only the installation's
 * creation and suspension have a time in the payload. The rest is dated by arrival.
 */
export function installation(payload: unknown, received: Received): Facts {
  const event = installationSchema.parse(payload)
  const { id: installation_id, created_at } = event.installation
  const at = event.action === 'created' ? (created_at ?? received.at) : received.at
  const listed = [
    ...factsOf(event, event.repositories, MEMBERSHIP[event.action] ?? 'seen', at),
    ...factsOf(event, event.repositories_added, 'added', at),
    ...factsOf(event, event.repositories_removed, 'removed', at),
  ]
  const added = listed.filter(({ membership }) => membership === 'added')
  return {
    repository: listed,
    installation: suspension(event, received.at),
    outbox: added.map((repository) => refreshRequest(repository.repository_id, received)),
    repository_event: listed.map(({ repository_id, membership }) => ({
      repository_id,
      guid: received.guid,
      event: received.event,
      action: event.action,
      reported_at: at,
      detail: { installation_id, removed: membership === 'removed' },
    })),
  }
}

function factsOf(
  event: InstallationEvent,
  repositories: InstallationEvent['repositories'],
  membership: RepositoryFact['membership'],
  at: string,
): RepositoryFact[] {
  return (repositories ?? []).map((repository) => ({
    repository_id: repository.id,
    full_name: repository.full_name,
    private: repository.private ?? false,
    default_branch: null,
    reported_at: at,
    timing: 'list',
    installation_id: event.installation.id,
    membership,
    changed_at: at,
  }))
}

/**
 * The beginning or end of a suspension. In GitHub's examples `updated_at` of both is the time of the suspension. A payload in
 * which it is still that of the installation has no time.
 */
function suspension(
  { action, installation: { id, ...times } }: InstallationEvent,
  at: string,
): InstallationFact[] {
  if (action !== 'suspend' && action !== 'unsuspend') return []
  const { created_at, updated_at, suspended_at } = times
  const own = suspended_at ?? (updated_at === created_at ? null : updated_at)
  const reported_at = own ?? at
  return [
    {
      installation_id: id,
      reported_at,
      suspended_at: action === 'suspend' ? reported_at : null,
      changed_at: at,
    },
  ]
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
export function repositoryChange(payload: unknown, received: Received): Facts {
  const event = changeSchema.parse(payload)
  const { rule, repository_ruleset, changes } = event
  const isDeleted = received.event === 'repository' && event.action === 'deleted'
  return {
    repository: [
      {
        ...repositoryFact(event, received.at, false),
        ...(isDeleted && { membership: 'deleted', changed_at: received.at }),
      },
    ],
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
