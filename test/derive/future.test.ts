/** A time in the future that a reporter sent must not override later events. */
import { expect, test } from 'vitest'
import { PUBLIC_ONLY } from '../../src/dashboard/app.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { useDatabase } from '../support/database.ts'
import { aDelivery, checkRunDelivery, REPOSITORY } from '../support/deliveries.ts'
import { ms } from '../support/facts.ts'

const db = useDatabase()

test('a check run that claims to end in a hundred years does not keep a repository public after it is made private', async () => {
  const clock = { now: ms(60) }
  const { record } = createRecorder(db(), { now: () => clock.now, tasks: false })
  const { payload } = checkRunDelivery()
  const run = { ...(payload.check_run as object), completed_at: '2126-01-01T00:00:00Z', check_suite: null }
  await record({ id: 'future', name: 'check_run', payload: { ...payload, check_run: run } })
  clock.now = ms(120)
  await record(
    aDelivery('repository', { action: 'privatized', repository: { ...REPOSITORY, private: true } }),
  )
  const repository = await db().selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  expect(repository.private).toBe(true)
  expect(await PUBLIC_ONLY.mayRead(new Request('http://here.invalid'), repository)).toBe(false)
})
