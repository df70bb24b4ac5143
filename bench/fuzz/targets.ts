/** Everything that takes input from outside. */
import type { Db } from '../../src/db/schema.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { lineTarget } from './lines.ts'
import { pageTarget } from './pages.ts'
import type { Target } from './target.ts'
import { textTargets } from './texts.ts'
import { examples, look, simulated, webhookTarget } from './webhooks.ts'

/** @param db empty and migrated; used up */
export async function allTargets(db: Db): Promise<Target[]> {
  const seeds = [...examples(), ...simulated()]
  return [...textTargets(), lineTarget(seeds), await pages(db), webhookTarget(db, seeds)]
}

/** Pages of a repository about which every example was told. */
async function pages(db: Db): Promise<Target> {
  const recorder = createRecorder(db, { now: () => Date.UTC(2026, 5, 1), tasks: false })
  await Promise.all(examples().map((example) => recorder.record(example)))
  const problem = await look(db)
  if (problem !== null) throw new Error(problem)
  const { full_name } = await db
    .selectFrom('repository')
    .select('full_name')
    .where('private', '=', false)
    .orderBy('full_name')
    .executeTakeFirstOrThrow()
  return pageTarget(db, full_name)
}
