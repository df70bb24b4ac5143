/** Signed payloads that no GitHub would send: each is answered, each is kept with the reason it was refused for, and the server goes on. */
import { expect, test } from 'vitest'
import { startTestApp } from '../support/app.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'

const GOOD = checkRunDelivery().payload
const TEXT = JSON.stringify(GOOD)
const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)
const withPart = (name: string, json: string) => TEXT.replace(/\{/, `{"${name}":${json},`)
const withRun = (name: string, json: string) =>
  JSON.stringify({ ...GOOD, check_run: { ...(GOOD.check_run as object), [name]: '$part' } }).replace(
    '"$part"',
    json,
  )

/** Name, event, body, and what is kept: `recorded`, a part of the reason, or nothing. */
const HOSTILE: [name: string, event: string, body: string, kept: string | null][] = [
  ['an event called constructor', 'constructor', TEXT, null],
  ['an event called error', 'error', TEXT, null],
  ['an event called valueof', 'valueof', TEXT, null],
  [
    'an installation twice, first a broken one',
    'check_run',
    withPart('installation', '{"id":"x"}'),
    'recorded',
  ],
  [
    'only an installation id of text',
    'check_run',
    JSON.stringify({ ...GOOD, installation: { id: 'x' } }),
    'installation.id',
  ],
  [
    'an installation id that is an object',
    'check_run',
    JSON.stringify({ ...GOOD, installation: { id: {} } }),
    'installation.id',
  ],
  ['lists 100,000 deep', 'check_run', withRun('output', deep('[', ']')), 'check_run.output'],
  [
    'objects 100,000 deep',
    'check_run',
    withRun('output', `${'{"title":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    'check_run.output.title',
  ],
  [
    'a ruleset 100,000 deep',
    'repository_ruleset',
    withPart('repository_ruleset', deep('[', ']')),
    'could not be read',
  ],
  [
    'a prototype at the top',
    'check_run',
    withPart('__proto__', '{"action":"evil","polluted":1}'),
    'recorded',
  ],
  [
    'a prototype inside',
    'repository_ruleset',
    withPart('repository_ruleset', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    'recorded',
  ],
  ['an action called __proto__', 'check_run', JSON.stringify({ ...GOOD, action: '__proto__' }), null],
  ['an action that is a list', 'check_run', JSON.stringify({ ...GOOD, action: ['completed'] }), 'action'],
  ['NUL and half a character', 'check_run', withRun('name', '"a\\u0000b\\ud800"'), 'recorded'],
  ['an id beyond a double', 'check_run', withRun('id', '1e999'), 'check_run.id'],
  ['an id beyond a bigint', 'check_run', withRun('id', '99999999999999999999999'), 'check_run.id'],
  ['an id of -0', 'check_run', withRun('id', '-0'), 'recorded'],
  [
    'a time before Christ',
    'check_run',
    withRun('completed_at', '"-271821-04-20T00:00:00.000Z"'),
    'check_run.completed_at',
  ],
  [
    'a time beyond PostgreSQL',
    'check_run',
    withRun('completed_at', '"+275760-09-13T00:00:00.000Z"'),
    'check_run.completed_at',
  ],
  ['a time as a number', 'check_run', withRun('completed_at', '1e308'), 'check_run.completed_at'],
  [
    'a pull request number beyond an integer',
    'check_run',
    withRun('pull_requests', '[{"number":3000000000}]'),
    'check_run.pull_requests.0.number',
  ],
  ['SQL as a name', 'check_run', withRun('name', `"'); drop table delivery; --"`), 'recorded'],
  [
    'a SHA with more in it',
    'check_run',
    withRun('head_sha', `"${'a'.repeat(40)}' or 1=1 --"`),
    'check_run.head_sha',
  ],
]

test('each is answered 202, kept as it should be, and harms nothing', async () => {
  const { app, post, send } = await startTestApp()
  const statuses = new Set<number>()
  for (const [id, event, body] of HOSTILE) {
    const headers = { 'x-github-delivery': id.replaceAll(' ', '-'), 'x-github-event': event }
    statuses.add((await post(body, headers)).status)
  }
  expect(statuses).toEqual(new Set([202]))
  await app.settle()
  const rows = await app.deps.db.selectFrom('delivery').select(['guid', 'outcome', 'reason']).execute()
  const kept = new Map(rows.map(({ guid, outcome, reason }) => [guid, reason ?? outcome]))
  for (const [id, , , expected] of HOSTILE) {
    const found = kept.get(id.replaceAll(' ', '-')) ?? null
    expect([id, found]).toEqual([id, expected === null ? null : expect.stringContaining(expected)])
  }
  expect('polluted' in {}).toBe(false)
  expect(await send(pullRequestDelivery())).toEqual([202])
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
})
