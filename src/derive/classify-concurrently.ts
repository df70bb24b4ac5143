/** Classifies heads while a long history is still being recorded: a database server can do both at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/schema.ts'
import { readCrowdedRepositories } from '../db/stale.ts'
import { classifyNext, type ReadSettings } from './classify.ts'

/** The newest marks are left alone: the runs of a head arrive together, and each would have it classified again. */
const MARKS_LEFT = 1_000
const HEADS_AT_ONCE = 250
const POLL_MS = 50

/** Classifies old marks until `isEnded`. `deriveAll` does the rest. */
export async function classifyConcurrently(
  db: Db,
  settingsOf: ReadSettings,
  isEnded: () => boolean,
): Promise<void> {
  while (!isEnded()) {
    const crowded = await readCrowdedRepositories(db, MARKS_LEFT + HEADS_AT_ONCE)
    for (const repositoryId of crowded) await classifyNext(db, repositoryId, HEADS_AT_ONCE, settingsOf)
    if (crowded.length === 0) await sleep(POLL_MS)
  }
}
