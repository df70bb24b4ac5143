/** A stored page that is not valid does not stop a backfill. */
import { expect, onTestFinished, test } from 'vitest'
import { startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addRepository } from '../../../fake-github/seed.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import { readUnread } from '../../../src/db/unread.ts'
import { readHistory, readRepository } from '../../../src/features/backfill/read.ts'
import { createThrottledClient } from '../../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../../src/github/token-client.ts'
import { useDatabase } from '../../support/database.ts'
import { at, ms } from '../../support/facts.ts'

const db = useDatabase()

test('a stored page that is not valid is finished with the reason, and the others are read', async () => {
  const now = () => ms(60)
  const fakeGitHub = await startFakeGitHub({ now, validate: true })
  onTestFinished(() => fakeGitHub.close())
  addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets', createdAt: at(-9000) })
  const { token } = addUserToken(fakeGitHub.state, 'octocat')
  const client = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0 })
  const repository = await readRepository(client, 'acme/widgets')
  await db()
    .insertInto('backfill')
    .values({
      ...{ repository_id: repository.id, since: at(-9000), started_at: at(60), done_at: null },
      ...{ wanted_since: at(-9000), complete_since: at(-9000), results_since: null },
      ...{ kept_days: null, continues: false },
    })
    .execute()
  const page = (kind: string, payload: unknown) => ({
    ...{ repository_id: repository.id, page_key: `${kind}:1`, kind },
    ...{ payload: JSON.stringify(payload), numbers: '[]' },
  })
  await db()
    .insertInto('backfill_page')
    .values([page('poem', {}), page('attempt', { run: 'first' }), page('comments', { page: 1 })])
    .execute()
  const span = { from: at(-9000), to: at(60) }
  expect(await readHistory(db(), client, repository, { since: ms(0), now, alone: true })).toBe(true)
  expect(await readUnread(db(), repository.id)).toEqual([
    {
      what: 'earlier attempts of Actions runs, 1 page',
      ...span,
      why: expect.stringContaining('the payload of the attempt page is not valid: payload.run: '),
    },
    { what: 'poem, 1 page', ...span, why: 'no page is of the kind poem' },
  ])
})
