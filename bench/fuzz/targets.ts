/** All fuzz targets. */
import type { Db } from '../../src/db/schema.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { lineTarget } from './lines.ts'
import { pageTarget } from './pages.ts'
import type { Target } from './target.ts'
import { textTargets } from './texts.ts'
import { checkPages, examples, simulated, webhookTarget } from './webhooks.ts'

/** @param db an empty, migrated database, which is not usable afterwards */
export async function allTargets(db: Db): Promise<Target[]> {
  const seeds = [...examples(), ...simulated()]
  return [...textTargets(), lineTarget(seeds), await pages(db), webhookTarget(db, seeds)]
}

/** A target for the pages, after all of GitHub's example webhooks were recorded. */
async function pages(db: Db): Promise<Target> {
  const recorder = createRecorder(db, { now: () => Date.UTC(2026, 5, 1), tasks: false })
  await Promise.all(examples().map((example) => recorder.record(example)))
  const problem = await checkPages(db)
  if (problem !== null) throw new Error(problem)
  const { full_name } = await db
    .selectFrom('repository')
    .select('full_name')
    .where('private', '=', false)
    .orderBy('full_name')
    .executeTakeFirstOrThrow()
  return pageTarget(db, full_name)
}
