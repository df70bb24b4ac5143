/** Runs jobs again on `/retest` and the like, where the settings say so and nobody else answers these commands. */
import { countCommandsBefore } from '../db/outbox.ts'
import { readHeadsOf } from '../db/pull-requests.ts'
import { hasProw, type RerunTarget, readAuthorOf, readRerunTargets } from '../db/retest.ts'
import type { Row } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { RetestCommand } from '../domain/command.ts'
import { chooseJobs } from '../domain/retest.ts'
import { type Octokit, pathOf } from '../github/client.ts'
import { marker, react, writeComment } from '../github/comments.ts'
import { MayNotRerun, mayWrite, type Rerun, startRerun } from '../github/reruns.ts'
import { concludeRepository } from '../pipeline/conclude.ts'
import { requiredJobs } from '../pipeline/measure.ts'
import { NOT_ALLOWED, type RetestOutcome, retestSentence } from '../texts/retest.ts'
import type { EffectResult } from './effect.ts'
import { MOST_AN_HOUR } from './report.ts'

interface RetestRequest {
  number: number
  author: string
  comment_id: number
  comment_kind: string
  asked_at: string
  commands: RetestCommand[]
}

const HOUR = 3_600_000

/** Starts what was asked for; answers with one sentence where that cannot be. */
export async function executeRetest(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const asked = effect.detail as unknown as RetestRequest
  const { repository_id } = repository
  const policy = await deps.policyOf(repository_id)
  if (!policy.retest.execute)
    return { result: 'only recorded: the settings do not say to run jobs', url: null }
  if (await hasProw(deps.db, repository_id)) return { result: 'only recorded: Prow answers here', url: null }
  const since = new Date(Date.parse(asked.asked_at) - HOUR).toISOString()
  const before = await countCommandsBefore(deps.db, 'retest', asked.author, since, effect)
  if (before >= MOST_AN_HOUR) return { result: `refused: more than ${MOST_AN_HOUR} an hour`, url: null }
  const path = pathOf(repository.full_name)
  const isAuthor = (await readAuthorOf(deps.db, repository_id, asked.number)) === asked.author
  const isAllowed = isAuthor || (await mayWrite(octokit, path, asked.author))
  if (isAllowed && !deps.dryRun)
    await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  const outcome = isAllowed ? await rerun(deps, octokit, repository, asked) : null
  const sentence = outcome ? retestSentence(outcome) : NOT_ALLOWED
  const result = outcome ? `${outcome.started} started` : 'refused: not allowed'
  if (sentence === null) return { result, url: null }
  const url = await writeComment(
    octokit,
    { ...path, issue_number: asked.number },
    {
      login: (await deps.github?.botLogin()) ?? '',
      marker: marker(effect.effect_key),
      since: asked.asked_at,
      body: sentence,
    },
  )
  return { result, url }
}

async function rerun(
  deps: Deps,
  octokit: Octokit,
  { repository_id, full_name }: Row<'repository'>,
  { number, commands }: RetestRequest,
): Promise<RetestOutcome> {
  await concludeRepository(deps.db, repository_id, { policyOf: deps.policyOf, now: deps.now() })
  const [head] = await readHeadsOf(deps.db, repository_id, number)
  const headSha = head?.head_sha ?? null
  const { required } = await requiredJobs(deps.db, repository_id, await deps.policyOf(repository_id))
  const last = headSha ? await readRerunTargets(deps.db, repository_id, number, headSha) : []
  const chosen = chooseJobs(
    commands,
    last.map((one) => ({ ...one, required: required.includes(one.name) })),
  )
  const unreachable = chosen.jobs.filter((job) => job.source === 'status').map((job) => job.name)
  const outcome = { headSha, unknown: chosen.unknown, unreachable, started: 0, forbidden: false }
  try {
    for (const one of rerunsOf(chosen.jobs, new Set(commands.flatMap((command) => command.jobs)))) {
      await startRerun(octokit, pathOf(full_name), one)
      outcome.started++
    }
  } catch (error) {
    if (!(error instanceof MayNotRerun)) throw error
    outcome.forbidden = true
  }
  return outcome
}

/** Failed jobs of one workflow run go together; a job that was asked for by name goes alone. */
function rerunsOf(jobs: readonly RerunTarget[], named: ReadonlySet<string>): Rerun[] {
  const reruns = new Map<string, Rerun>()
  for (const { name, outcome, source, app, run_key, run_id } of jobs) {
    const id = Number(run_key.split(':')[1])
    if (source === 'status' || !Number.isSafeInteger(id)) continue
    const isActions = app === 'github-actions'
    const together = isActions && run_id !== null && outcome !== 'pass' && !named.has(name)
    const one: Rerun = together
      ? { kind: 'rerun-failed', id: run_id }
      : { kind: isActions ? 'job' : 'check-run', id }
    reruns.set(`${one.kind}:${one.id}`, one)
  }
  return [...reruns.values()]
}
