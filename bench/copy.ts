/** The least that any importer must do: read, gunzip, JSON.parse, and COPY the same columns, without checks. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import type { Observation } from '../src/domain/facts.ts'

const DELIVERY = ['repository_id', 'guid', 'event', 'action', 'outcome', 'received_at']
const OBSERVATION: (keyof Observation)[] = [
  'repository_id',
  'head_sha',
  'run_key',
  'reported_at',
  'reported_id',
  'state',
  'source',
  'app',
  'name',
  'description',
  'url',
  'suite_id',
  'head_branch',
  'trunk',
  'mentions',
  'started_at',
  'completed_at',
]
const LINES_AT_ONCE = 5000

/** Copies the deliveries of a gzipped file into two tables of the migrated schema's columns and keys. @returns ms */
export async function copyFile(address: string, path: string): Promise<number> {
  const client = new pg.Client(address)
  client.on('error', () => {})
  await client.connect()
  for (const table of ['delivery', 'observation'])
    await client.query(`create table if not exists baseline_${table} (like ${table} including all)`)
  const started = performance.now()
  let deliveries: string[] = []
  let observations: string[] = []
  const flush = async () => {
    await copy(client, `copy baseline_delivery (${DELIVERY.join(', ')}) from stdin`, deliveries.join(''))
    await copy(
      client,
      `copy baseline_observation (${OBSERVATION.join(', ')}) from stdin`,
      observations.join(''),
    )
    deliveries = []
    observations = []
  }
  for await (const line of createInterface({ input: createReadStream(path).pipe(createGunzip()) })) {
    const { id, name, payload } = JSON.parse(line)
    const row = rowOf(payload)
    deliveries.push(textOf([row.repository_id, id, name, payload.action, 'recorded', row.completed_at]))
    observations.push(textOf(OBSERVATION.map((column) => row[column])))
    if (deliveries.length >= LINES_AT_ONCE) await flush()
  }
  await flush()
  const took = performance.now() - started
  await client.end()
  return took
}

interface CheckRunPayload {
  check_run: Record<string, never> & {
    check_suite: Record<string, never>
    app: Record<string, never>
    output: Record<string, never>
    pull_requests: { number: number; base: { ref: string; sha: string } }[]
  }
  repository: Record<string, never>
}

function rowOf({ check_run: run, repository }: CheckRunPayload): Record<keyof Observation, unknown> {
  return {
    repository_id: repository.id,
    head_sha: run.head_sha,
    run_key: `check:${run.id}:${run.completed_at}`,
    reported_at: run.check_suite.updated_at,
    reported_id: 0,
    state: run.conclusion,
    source: 'check_run',
    app: run.app.slug ?? '',
    name: run.name,
    description: run.output.title,
    url: run.html_url,
    suite_id: run.check_suite.id,
    head_branch: run.check_suite.head_branch,
    trunk: run.check_suite.head_branch === repository.default_branch,
    mentions: JSON.stringify(
      run.pull_requests.map(({ number, base }) => ({ number, base_ref: base.ref, base_sha: base.sha })),
    ),
    started_at: run.started_at,
    completed_at: run.completed_at,
  }
}

/** One line in COPY's text format. */
function textOf(values: readonly unknown[]): string {
  const fields = values.map((value) =>
    value === null || value === undefined
      ? '\\N'
      : String(value).replace(
          /[\\\n\r\t]/g,
          (character) => `\\${{ '\n': 'n', '\r': 'r', '\t': 't' }[character] ?? character}`,
        ),
  )
  return `${fields.join('\t')}\n`
}

interface Wire {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Sends one COPY with its data through the driver's own protocol hooks. */
function copy(client: pg.Client, text: string, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = {
      submit: (wire: Wire) => wire.query(text),
      handleCopyInResponse(wire: Wire) {
        wire.sendCopyFromChunk(Buffer.from(data))
        wire.endCopyFrom()
      },
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => reject(error),
    }
    client.query(query as unknown as pg.Submittable)
  })
}
