import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runSimulate } from '../../src/cli/simulate.ts'
import { UserError } from '../../src/domain/user-error.ts'

const options = { seed: '1', days: '3', scenario: 'small', from: '2026-01-05' }

test('writes deliveries to standard output and the truth to its file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulate-'))
  const lines: string[] = []
  const truth = join(folder, 'truth.json')
  await runSimulate({ ...options, scenario: 'all', truth }, async (line) => void lines.push(line))
  const truthFile = JSON.parse(await readFile(truth, 'utf8'))
  await rm(folder, { recursive: true })
  expect(lines.length).toBeGreaterThan(100)
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    id: expect.any(String),
    payload: expect.any(Object),
  })
  expect(truthFile.repositories).toHaveLength(10)
  expect(truthFile.repositories[0].flakes[0]).toMatchObject({
    caused_by_pr: expect.any(Boolean),
    limit: expect.any(Number),
  })
})

test.each([
  [{ seed: 'x' }, '--seed x is not a whole number'],
  [{ days: '0' }, '--days 0 is not a whole number'],
  [{ from: 'soon' }, '--from soon is not a valid date'],
  [{ scenario: 'chaos' }, 'There is no scenario chaos'],
  [{ repository: 'shop' }, '--repository shop is not owner/name'],
])('rejects %o with a message', async (wrong, message) => {
  const attempt = runSimulate({ ...options, ...wrong }, async () => {})
  await expect(attempt).rejects.toThrow(UserError)
  await expect(attempt).rejects.toThrow(message)
})
