import { expect, test } from 'vitest'
import { signatureOf, startTestApp } from '../support/app.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'

const GOOD = pullRequestDelivery()
const BODY = JSON.stringify(GOOD.payload)
const HEADERS = { 'x-github-delivery': GOOD.id, 'x-github-event': GOOD.name }

async function stored({ app }: Awaited<ReturnType<typeof startTestApp>>) {
  const { n } = await app.deps.db
    .selectFrom('delivery')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

const REFUSED: [name: string, status: number, body: string | Buffer, headers: Record<string, string>][] = [
  ['another secret', 401, BODY, { ...HEADERS, 'x-hub-signature-256': signatureOf(BODY, 'wrong') }],
  ['an empty signature', 401, BODY, { ...HEADERS, 'x-hub-signature-256': '' }],
  [
    'the signature of another body',
    401,
    `${BODY} `,
    { ...HEADERS, 'x-hub-signature-256': signatureOf(BODY) },
  ],
  ['SHA-1 only', 401, BODY, { ...HEADERS, 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=00' }],
  ['no delivery id', 400, BODY, { 'x-github-event': 'pull_request' }],
  ['no event', 400, BODY, { 'x-github-delivery': GOOD.id }],
  ['half a payload', 400, BODY.slice(0, 100), HEADERS],
  ['a list', 400, '[]', HEADERS],
  ['null', 400, 'null', HEADERS],
  ['bytes that are no text', 400, Buffer.from([0xff, 0xfe, 0x7b]), HEADERS],
]

test('what is not a signed delivery is refused, leaves nothing, and the server goes on', async () => {
  const app = await startTestApp()
  const statuses: [string, number][] = []
  for (const [name, , body, headers] of REFUSED) {
    const answer = await app.post(body, headers)
    const sentence = await answer.text()
    expect(sentence).toMatch(/^[A-Z][^<>{}]+\.\n$/)
    statuses.push([name, answer.status])
  }
  expect(statuses).toEqual(REFUSED.map(([name, status]) => [name, status]))
  expect(await stored(app)).toBe(0)
  expect(await app.send(GOOD)).toEqual([202])
  expect(await stored(app)).toBe(1)
})

test('a payload that is not what its event promises is kept as rejected, with the reason', async () => {
  const app = await startTestApp()
  const { check_run: run, ...rest } = checkRunDelivery().payload as { check_run: object }
  const broken = {
    id: 'broken-1',
    name: 'check_run',
    payload: { ...rest, check_run: { ...run, head_sha: 7 } },
  }
  expect(await app.send(broken, GOOD)).toEqual([202, 202])
  const rows = await app.app.deps.db.selectFrom('delivery').select(['guid', 'outcome', 'reason']).execute()
  const row = rows.find((one) => one.guid === 'broken-1')
  expect(row).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('check_run.head_sha') })
})

test('the same delivery twice is one', async () => {
  const app = await startTestApp()
  expect(await app.send(GOOD, GOOD)).toEqual([202, 202])
  expect(await stored(app)).toBe(1)
})

test('a form-encoded webhook is read as GitHub wraps it', async () => {
  const app = await startTestApp()
  const body = `payload=${encodeURIComponent(BODY)}`
  const answer = await app.post(body, { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' })
  expect(answer.status).toBe(202)
  expect(await stored(app)).toBe(1)
})

test('the webhook address takes POST only, and others are not found without a word of ours', async () => {
  const { app } = await startTestApp()
  expect((await fetch(`${app.url}/api/github/webhooks`)).status).toBe(405)
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${app.url}/nothing/here/at/all`)).status).toBe(404)
})
