/** GitHub is asked what a repository is called and who can see it, where deliveries leave that in doubt. */
import { describe, expect, test } from 'vitest'
import { contextOf } from '../../src/features/feature.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { aDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'
import { at } from '../support/facts.ts'

const rowOf = ({ app }: TestApp) =>
  app.deps.db
    .selectFrom('repository')
    .select(['full_name', 'private', 'removed_at'])
    .where('repository_id', '=', REPOSITORY.id)
    .executeTakeFirstOrThrow()

const privatized = aDelivery('repository', {
  action: 'privatized',
  repository: { ...REPOSITORY, private: true, updated_at: at(50) },
})
/** Without a time of its own: it may be new, or an old one that is sent again. */
const undated = aDelivery('repository', { action: 'publicized' })

describe('an event without a time says that a private repository is public', () => {
  test('and it stays private, because GitHub says that it is', async () => {
    const on = await startTestApp()
    on.repository.private = true
    await on.send(privatized, undated)
    expect((await rowOf(on)).private).toBe(true)
    await on.app.settle()
    expect((await rowOf(on)).private).toBe(true)
  })

  test('and it becomes public once GitHub says so', async () => {
    const on = await startTestApp()
    await on.send(privatized, undated)
    expect((await rowOf(on)).private).toBe(true)
    await on.app.settle()
    expect(await rowOf(on)).toMatchObject({ full_name: 'acme/widgets', private: false, removed_at: null })
  })
})

test('a repository that the installation does not hold any more counts as removed', async () => {
  const on = await startTestApp()
  await on.send(privatized, undated)
  on.repository.id = 4242
  await on.app.settle()
  expect(await rowOf(on)).toMatchObject({ private: true, removed_at: expect.any(String) })
})

test('nothing is done for a repository whose name belongs to another by now', async () => {
  const on = await startTestApp()
  await on.send(pullRequestDelivery())
  expect(await contextOf(on.app.deps, REPOSITORY.id)).not.toBeNull()
  await on.send(
    aDelivery('repository', {
      action: 'created',
      repository: { ...REPOSITORY, id: 4242, updated_at: at(55) },
    }),
  )
  expect(await contextOf(on.app.deps, REPOSITORY.id)).toBeNull()
  expect(await contextOf(on.app.deps, 4242)).not.toBeNull()
})
