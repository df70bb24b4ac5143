/** From deliveries to figures without a server. */

import { type RepositoryReport, readReport } from '../../src/cli/report-json.ts'
import type { Db } from '../../src/db/schema.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder, type RecordResult } from '../../src/intake/record.ts'
import { ms } from './facts.ts'

/** Ten days after the start: every window of these tests has ended by then. */
export const LATER = ms(10 * 24 * 60)

/** Records the deliveries concurrently. */
export function recordAll(db: Db, deliveries: readonly Delivery[]): Promise<RecordResult[]> {
  const { record } = createRecorder(db, { now: () => ms(0), tasks: false })
  return Promise.all(deliveries.map((delivery) => record(delivery)))
}

/** Derives until nothing is stale. */
export async function derive(db: Db, options: { now?: number; settings?: Settings } = {}): Promise<void> {
  const { now = LATER, settings = DEFAULT_SETTINGS } = options
  await deriveAll(db, { settingsOf: async () => settings, now })
}

/** The JSON report on every repository. */
export async function readReports(
  db: Db,
  settings: Settings = DEFAULT_SETTINGS,
): Promise<RepositoryReport[]> {
  const repositories = await db.selectFrom('repository').selectAll().orderBy('repository_id').execute()
  const reports: RepositoryReport[] = []
  for (const repository of repositories) reports.push(await readReport(db, repository, settings))
  return reports
}

/** The report on the only repository. @throws when there is not exactly one */
export async function readOnlyReport(
  db: Db,
  settings: Settings = DEFAULT_SETTINGS,
): Promise<RepositoryReport> {
  const [report, another] = await readReports(db, settings)
  if (!report || another) throw new Error('there is not exactly one repository')
  return report
}

/** A shuffled copy of the list. The same seed gives the same order. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const copy = [...list]
  let state = seed >>> 0
  for (let i = copy.length - 1; i > 0; i--) {
    // xorshift32
    state = (state ^ (state << 13)) >>> 0
    state = (state ^ (state >>> 17)) >>> 0
    state = (state ^ (state << 5)) >>> 0
    const j = (state || 1) % (i + 1)
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}
