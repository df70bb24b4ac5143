/** Hunts and their runs are stored completely, and storing them twice changes nothing. */
import { describe, expect, test } from 'vitest'
import { aRun } from '../../packages/hunt/test/hunts.ts'
import {
  addHuntRuns,
  beginHunt,
  endHunt,
  findHunt,
  type HuntBeginning,
  listHunts,
  noteHunt,
  readHuntRuns,
  readHuntsOfJob,
} from '../../src/db/hunts.ts'
import { eachDatabase } from '../support/database.ts'

const BEGINNING: HuntBeginning = {
  name: 'cache',
  place: 'local',
  repository: 'Octo/Shop',
  job: 'unit',
  changed: 'pool of 4',
  notes: '',
  settings: { command: ['make', 'test'], runs: 10 },
  environment: { go: '1.25' },
  started_at: '2026-02-03T04:05:06.000Z',
}

eachDatabase((db) => {
  describe('a hunt', () => {
    test('is read as it was stored, without characters that PostgreSQL cannot store', async () => {
      const { huntId, name } = await beginHunt(db(), BEGINNING)
      await addHuntRuns(db(), huntId, [
        aRun(1),
        aRun(2, { outcome: 'failed', exit_code: 137, output: 'a\u0000b' }),
      ])
      await endHunt(db(), huntId, {
        ended_at: '2026-02-03T05:00:00.000Z',
        ending: 'runs',
        ended_by: 2,
        missed: true,
        headline: 'Missed.',
        answer: { runs: 2, groups: [{ message: 'half \ud83d', output: '\u0000' }] },
      })
      expect(await findHunt(db(), name)).toMatchObject({
        ...BEGINNING,
        ended_at: '2026-02-03T05:00:00.000Z',
        missed: true,
        answer: { runs: 2, groups: [{ message: 'half \ufffd', output: '' }] },
      })
      expect(await readHuntRuns(db(), huntId)).toMatchObject([
        aRun(1),
        { number: 2, exit_code: 137, output: 'ab' },
      ])
    })

    test('gets a number after its name when the name is taken', async () => {
      const names = []
      for (let i = 0; i < 3; i++) names.push((await beginHunt(db(), BEGINNING)).name)
      expect(names).toEqual(['cache', 'cache-2', 'cache-3'])
      expect((await listHunts(db(), 'cache-')).map((hunt) => hunt.name)).toEqual(['cache-2', 'cache-3'])
      expect(await listHunts(db(), '%')).toEqual([])
    })

    test('keeps the first report of a run that is reported twice', async () => {
      const { huntId } = await beginHunt(db(), BEGINNING)
      await addHuntRuns(db(), huntId, [aRun(1)])
      await addHuntRuns(db(), huntId, [aRun(1, { outcome: 'failed' }), aRun(2)])
      expect((await readHuntRuns(db(), huntId)).map((run) => run.outcome)).toEqual(['passed', 'passed'])
    })

    test('can have thousands of runs', async () => {
      const { huntId } = await beginHunt(db(), BEGINNING)
      await addHuntRuns(
        db(),
        huntId,
        Array.from({ length: 2345 }, (_, i) => aRun(i + 1)),
      )
      expect(await readHuntRuns(db(), huntId)).toHaveLength(2345)
    })

    test('collects notes, one line each', async () => {
      await beginHunt(db(), BEGINNING)
      expect(await noteHunt(db(), 'cache', 'on battery')).toBe(true)
      expect(await noteHunt(db(), 'cache', 'again plugged in')).toBe(true)
      expect(await noteHunt(db(), 'other', 'x')).toBe(false)
      expect((await findHunt(db(), 'cache'))?.notes).toBe('on battery\nagain plugged in')
    })

    test('is found by its job, and the case of the repository’s name does not matter', async () => {
      await beginHunt(db(), BEGINNING)
      await beginHunt(db(), { ...BEGINNING, job: 'lint' })
      expect((await readHuntsOfJob(db(), 'octo/shop', 'unit', 9)).map((hunt) => hunt.name)).toEqual(['cache'])
    })
  })
})
