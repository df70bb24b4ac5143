/** Works off the outbox: one effect at a time, each sent at least once and found again before it is sent again. */
import { continueEffect, finishEffect, leaseEffect, postponeEffect, renewLease } from '../db/outbox.ts'
import type { Row } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { WouldWrite } from '../github/dry-run.ts'
import { isLimit, limitWait } from '../github/limits.ts'
import { closeBreachIssue, fileBreachIssue } from './breach-issue/breach-issue.ts'
import { takeCorrection } from './correction/correction.ts'
import type { Effect, EffectPending, EffectResult } from './feature.ts'
import { endGivenUpHunt } from './hunt/give-up.ts'
import { huntJob } from './hunt/hunt.ts'
import { keepJobIssues } from './job-issues/job-issues.ts'
import { writeAutomaticReport } from './report/automatic.ts'
import { answerReport } from './report/report.ts'
import { refreshRequired } from './required-jobs/task.ts'
import { runAgain } from './retest/retest.ts'
import { checkSettings } from './settings/check.ts'
import { refreshSettings } from './settings/refresh.ts'

/** What each kind of effect does. */
const EFFECTS: Record<string, Effect> = {
  report: answerReport,
  retest: runAgain,
  correction: takeCorrection,
  hunt: huntJob,
  breach: fileBreachIssue,
  'breach-close': closeBreachIssue,
  'job-issues': keepJobIssues,
  settings: refreshSettings,
  'settings-check': checkSettings,
  required: refreshRequired,
  automatic: writeAutomaticReport,
}

/** What each kind leaves behind that has to be ended when it will never be done. */
const GIVEN_UP: Record<string, (deps: Deps, effect: Row<'outbox'>, error: unknown) => Promise<void>> = {
  hunt: endGivenUpHunt,
}

const NOT_INSTALLED = 'the app is not installed there'
const RENEW_MS = 40_000
const MAX_ATTEMPTS = 10
const MAX_DELAY_MS = 3_600_000

/** Does everything that is due. @returns how many effects were tried */
export async function processOutbox(deps: Deps): Promise<number> {
  let tried = 0
  for (
    let effect = await leaseEffect(deps.db, deps.now());
    effect;
    effect = await leaseEffect(deps.db, deps.now())
  ) {
    tried++
    await tryEffect(deps, effect)
  }
  return tried
}

async function tryEffect(deps: Deps, effect: Row<'outbox'>): Promise<void> {
  const { repository_id, task_key, kind, attempts } = effect
  const lease = keepLease(deps, effect)
  const finish = (done: EffectResult) => finishEffect(deps.db, effect, { at: deps.now(), ...done })
  const giveUp = async (error: unknown, result: string) => {
    await GIVEN_UP[kind]?.(deps, effect, error)
    await finish({ result, url: null })
  }
  try {
    const done = await doEffect(deps, effect).finally(() => lease.release())
    if ('again_at' in done) return await continueEffect(deps.db, effect, done.again_at)
    await finish(done)
    deps.log.info({ repository_id, task_key, result: done.result, url: done.url }, 'effect done')
  } catch (error) {
    if (error instanceof WouldWrite) return giveUp(error, error.message)
    const message = error instanceof Error ? error.message : String(error)
    deps.log.warn({ repository_id, task_key, kind, attempts, error: message }, 'effect failed')
    if (isFinal(error) || attempts >= MAX_ATTEMPTS) return giveUp(error, `given up: ${message.slice(0, 300)}`)
    await postponeEffect(deps.db, effect, deps.now() + delayOf(error, deps.now(), attempts), message)
  }
}

/** Milliseconds until the next try: longer each time, and never before GitHub's limit has passed. */
function delayOf(error: unknown, now: number, attempts: number): number {
  const delay = Math.min(MAX_DELAY_MS, 15_000 * 2 ** attempts)
  return isLimit(error) ? Math.max(delay, limitWait(error, now, attempts)) : delay
}

/** While this process lives and works, no other takes the effect, however long GitHub lets it wait. */
function keepLease(deps: Deps, effect: Row<'outbox'>): { release(): Promise<void> } {
  let renewing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    renewing = renewing
      .then(() => renewLease(deps.db, effect, deps.now()))
      .catch((error) => deps.log.warn({ error: String(error) }, 'lease could not be renewed'))
  }, RENEW_MS)
  timer.unref()
  return {
    release: () => {
      clearInterval(timer)
      return renewing
    },
  }
}

async function doEffect(deps: Deps, effect: Row<'outbox'>): Promise<EffectResult | EffectPending> {
  const repository = await deps.db
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', effect.repository_id)
    .executeTakeFirst()
  const act = EFFECTS[effect.kind]
  if (!act) return { result: `unknown kind ${effect.kind}`, url: null }
  if (!deps.github || !repository?.installation_id || repository.removed_at) {
    await GIVEN_UP[effect.kind]?.(deps, effect, new Error(NOT_INSTALLED))
    return { result: NOT_INSTALLED, url: null }
  }
  const octokit = await deps.github.octokitOf(repository.installation_id)
  return act(deps, octokit, repository, effect)
}

/** GitHub will not answer these otherwise next time: gone, locked, archived, forbidden for good, or not valid. */
function isFinal(error: unknown): boolean {
  const { status } = error as { status?: number }
  if (status === 403) return !isLimit(error)
  return status === 404 || status === 410 || status === 422
}
