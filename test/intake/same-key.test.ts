/**
 * Two reports about one thing can differ in what they say: GitHub's API lists the pull requests of a check run as they are
 * open now, a webhook as they were then. What is stored must not depend on which report arrived first.
 */
import { describe, expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { eachDatabase, empty } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  namedPullRequest,
  pullRequestDelivery,
  REPOSITORY,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { BASE, HEAD, ms, OTHER_BASE } from '../support/facts.ts'

const asBot = (delivery: TestDelivery): TestDelivery =>
  aDelivery(delivery.name, { ...delivery.payload, sender: { login: 'robot', id: 3, type: 'Bot' } })
const asPerson = (delivery: TestDelivery): TestDelivery =>
  aDelivery(delivery.name, { ...delivery.payload, sender: { login: 'octocat', id: 1, type: 'User' } })

const push = (files: string[], created: boolean) =>
  aDelivery('push', {
    ref: 'refs/heads/topic-7',
    after: HEAD,
    created,
    commits: [{ added: files, modified: [], removed: [] }],
  })
const runner = (name: string) =>
  aDelivery('workflow_job', {
    action: 'completed',
    workflow_job: { id: 1, head_sha: HEAD, runner_name: name, completed_at: '2026-02-02T09:10:00Z' },
  })
const mergeGroup = (base_sha: string) =>
  aDelivery('merge_group', {
    action: 'checks_requested',
    merge_group: { head_sha: HEAD, head_ref: 'x', base_ref: 'refs/heads/main', base_sha },
  })
const rerequested = checkRunDelivery({ action: 'rerequested', conclusion: 'failure' })
const named = (...pullRequests: object[]) => checkRunDelivery({ pullRequests })

const TABLES = [
  'observation',
  'workflow_run',
  'workflow_job',
  'pull_request_event',
  'comment',
  'rerun_request',
  'merge_group',
  'branch_push',
  'repository',
] as const

async function record(db: Db, ...batches: Delivery[][]): Promise<void> {
  const { record } = createRecorder(db, { now: () => ms(60), tasks: false })
  for (const batch of batches) await Promise.all(batch.map((delivery) => record(delivery)))
}

async function stored(db: Db): Promise<Record<string, object[]>> {
  const rows: Record<string, object[]> = {}
  for (const table of TABLES) {
    const all: object[] = await db.selectFrom(table).selectAll().execute()
    rows[table] = all.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  return rows
}

const PAIRS: [name: string, one: TestDelivery, other: TestDelivery][] = [
  ['a check run that names a pull request or none', named(namedPullRequest(7)), named()],
  [
    'a check run that names two bases',
    named(namedPullRequest(7)),
    named(namedPullRequest(7, { baseSha: OTHER_BASE })),
  ],
  ['a check run with its branch or without', checkRunDelivery(), checkRunDelivery({ headBranch: null })],
  ['a check run with two titles', checkRunDelivery({ title: 'a' }), checkRunDelivery({ title: 'b' })],
  ['a workflow run without a path and with one', workflowRunDelivery({ path: '' }), workflowRunDelivery()],
  ['a workflow job on two runners', runner('a'), runner('b')],
  [
    'a pull request retargeted twice in one second',
    pullRequestDelivery({ action: 'edited', minute: 5, baseRef: 'main' }),
    pullRequestDelivery({ action: 'edited', minute: 5, baseRef: 'release' }),
  ],
  [
    'a pull request with two titles in one second',
    pullRequestDelivery({ title: 'a' }),
    pullRequestDelivery({ title: 'b' }),
  ],
  [
    'a pull request body that was edited later',
    pullRequestDelivery({ body: '/retest' }),
    pullRequestDelivery({ body: '/retest now' }),
  ],
  [
    'a comment with two texts',
    commentDelivery({ id: 5, body: '/retest' }),
    commentDelivery({ id: 5, body: '/test all' }),
  ],
  ['a re-run request by a person and by a bot', asPerson(rerequested), asBot(rerequested)],
  ['a merge group with two bases', mergeGroup(BASE), mergeGroup(OTHER_BASE)],
  ['a push that was made twice', push(['a.ts'], true), push(['b.ts'], false)],
  [
    'a repository with two names in one second',
    checkRunDelivery({ repository: { ...REPOSITORY, full_name: 'acme/a' } }),
    checkRunDelivery({ repository: { ...REPOSITORY, full_name: 'acme/b' } }),
  ],
  [
    'a repository that is private and public in one second',
    checkRunDelivery({ repository: { ...REPOSITORY, private: true } }),
    checkRunDelivery({ repository: { ...REPOSITORY, private: false } }),
  ],
]

eachDatabase((db) => {
  describe('the order of arrival does not decide what is stored of', () => {
    test.each(PAIRS)('%s', async (_name, one, other) => {
      await record(db(), [one], [other])
      const expected = await stored(db())
      for (const batches of [
        [[other], [one]],
        [[one, other]],
        [[other, one]],
        [[other], [one, other], [other]],
      ]) {
        await empty(db())
        await record(db(), ...batches)
        expect(await stored(db())).toEqual(expected)
      }
    })
  })

  test('of two reports of one run, the one that names the base is kept', async () => {
    await record(db(), [named()], [named(namedPullRequest(7))], [named()])
    const rows = await db().selectFrom('observation').select('mentions').execute()
    expect(rows).toEqual([{ mentions: [{ number: 7, base_ref: 'main', base_sha: BASE }] }])
  })

  test('both retargets of one second are kept', async () => {
    const retarget = (baseRef: string) => pullRequestDelivery({ action: 'edited', minute: 5, baseRef })
    await record(db(), [retarget('main')], [retarget('release')])
    const rows = await db().selectFrom('pull_request_event').select('base_ref').execute()
    expect(rows.map((row) => row.base_ref).sort()).toEqual(['main', 'release'])
  })

  test('the requests of two people to re-run one check run are both kept', async () => {
    await record(db(), [asPerson(rerequested), asBot(rerequested)])
    const rows = await db().selectFrom('rerun_request').select('actor').execute()
    expect(rows.map((row) => row.actor).sort()).toEqual(['octocat', 'robot'])
  })

  test('a private repository stays private when a report of the same second calls it public', async () => {
    const seen = (isPrivate: boolean) =>
      checkRunDelivery({ repository: { ...REPOSITORY, private: isPrivate } })
    await record(db(), [seen(true)], [seen(false)])
    expect((await db().selectFrom('repository').select('private').execute())[0]?.private).toBe(true)
  })
})
