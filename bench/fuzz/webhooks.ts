/** Broken webhooks from end to end: translated, recorded, derived, and shown. */

import { createRequire } from 'node:module'
import { sql } from 'kysely'
import { dashboard } from '../../src/dashboard/app.ts'
import { readRepositories } from '../../src/db/repositories.ts'
import type { Db } from '../../src/db/schema.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { DAY_MS } from '../../src/domain/time.ts'
import { EVENTS } from '../../src/intake/events/translate.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import type { Random } from '../../src/simulate/random.ts'
import { SCENARIOS } from '../../src/simulate/scenarios.ts'
import { simulate, simulatedDeliveries } from '../../src/simulate/simulate.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'
import { toJson } from './values.ts'

/** The time of arrival, epoch ms, after every time in the payloads. */
const NOW = Date.UTC(2026, 5, 1)
/** Deliveries between two checks of the derived figures, because deriving costs more than recording. */
const INPUTS_PER_CHECK = 10_000

/** Three days of a simulated repository, whose deliveries belong together, so that flakes are derived even when some are broken. */
export function simulated(): Delivery[] {
  const scenario = SCENARIOS[0]
  if (!scenario) return []
  const options = { seed: 1, days: 3, from: NOW - 5 * DAY_MS, repository: 'acme/made-up' }
  return simulatedDeliveries(simulate(scenario, options), 1)
}

/** Octokit's collection of GitHub's example payloads, for the events that the app handles. */
export function examples(): Delivery[] {
  const require = createRequire(import.meta.url)
  const all = require('@octokit/webhooks-examples') as { name: string; examples: object[] }[]
  return all
    .filter(({ name }) => Object.hasOwn(EVENTS, name))
    .flatMap(({ name, examples }) => examples.map((payload, i) => ({ id: `${name}-${i}`, name, payload })))
}

/**
 * @param db an empty database; recorded rows are removed again
 * @param seeds payloads to break
 */
export function webhookTarget(db: Db, seeds: readonly Delivery[]): Target {
  const names = [...new Set(seeds.map((seed) => seed.name))]
  const byName = new Map(names.map((name) => [name, seeds.filter((seed) => seed.name === name)]))
  const recorder = createRecorder(db, { now: () => NOW, tasks: true })
  const history = simulated()
  let count = 0
  let sinceCheck = 0
  const record = async (input: string): Promise<string | null> => {
    const { name, payload } = JSON.parse(input) as Delivery
    const result = await recorder.record({ id: `fuzz-${count++}`, name, payload }).catch(String)
    if (typeof result === 'string') return `was not recorded: ${result}`.slice(0, 2000)
    if ('polluted' in {}) return 'changed the prototype of all objects'
    if (result.outcome === 'rejected' && !/^[\w. ]+(: |$)/.test(result.reason))
      return `was rejected for no readable reason: ${result.reason}`
    return null
  }
  return {
    name: 'webhook',
    share: 0.7,
    batch: 500,
    make: (random: Random) => {
      // All events are equally frequent, regardless of the number of examples.
      const { name, payload } = random.pick(byName.get(random.pick(names)) ?? [])
      return toJson({ name, payload: mutate(payload as object, random) })
    },
    async run(inputs) {
      const problems = await Promise.all(inputs.map(record))
      sinceCheck += inputs.length
      if (sinceCheck < INPUTS_PER_CHECK) return problems
      sinceCheck = 0
      const problem = await checkPages(db)
      await empty(db)
      await Promise.all(history.map((delivery) => recorder.record(delivery)))
      return problem === null ? problems : problems.map((own) => own ?? problem)
    },
  }
}

/** Derives, and reads the pages of every repository. @returns what was wrong, or null */
export async function checkPages(db: Db): Promise<string | null> {
  try {
    await deriveAll(db, { settingsOf: async () => DEFAULT_SETTINGS, now: NOW })
    const pages = dashboard({
      db,
      now: () => NOW,
      settingsOf: async () => DEFAULT_SETTINGS,
      publicUrl: null,
      githubUrl: 'https://github.com',
      visibility: { mayRead: async () => true },
    })
    for (const { full_name } of (await readRepositories(db)).slice(0, 20)) {
      const path = full_name.split('/').map(encodeURIComponent).join('/')
      for (const page of ['', '/grid', '/months', '/accuracy']) {
        const answer = await pages.request(`/${path}${page}`)
        if (answer.status >= 500) return `/${path}${page} answered ${answer.status} after this`
        if (/<script>alert|<img src=x/.test(await answer.text()))
          return `/${path}${page} holds markup of others`
      }
    }
    return null
  } catch (error) {
    return `could not be derived after this: ${(error as Error).stack}`.slice(0, 2000)
  }
}

async function empty(db: Db): Promise<void> {
  const tables = await sql<{ name: string }>`select tablename as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely_%'`.execute(db)
  await sql`truncate ${sql.join(tables.rows.map((row) => sql.table(row.name)))}`.execute(db)
}
