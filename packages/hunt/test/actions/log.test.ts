/** What the logs of GitHub Actions say, beside what the job itself wrote. */
import { expect, test } from 'vitest'
import { environmentIn, exitCodeIn, readableLog } from '../../src/actions/log.ts'

const DIGEST = `sha256:${'4f'.repeat(32)}`
const LOG = [
  "Current runner version: '2.328.0'",
  '##[group]Operating System',
  'Ubuntu',
  '##[endgroup]',
  '##[group]Runner Image',
  'Image: ubuntu-24.04',
  'Version: 20250907.24.1',
  'Included Software: https://github.com/actions/runner-images',
  '##[endgroup]',
  `Digest: ${DIGEST}`,
  `Digest: ${DIGEST}`,
  'AssertionError: lost 3',
  '##[error]Process completed with exit code 2.',
]
  .map((line) => `2026-02-03T04:00:00.1234567Z ${line}\n`)
  .join('')

test('the environment has the version of the runner, its image, and the images of containers', () => {
  expect(environmentIn(LOG)).toEqual({
    'runner version': '2.328.0',
    'runner image': 'ubuntu-24.04 20250907.24.1',
    'container images': DIGEST,
  })
})

test('the environment is empty if the log does not name it', () => {
  expect(environmentIn('')).toEqual({})
  expect(environmentIn('Image: mine\nVersion: 3\nDigest: sha256:short')).toEqual({})
})

test('the log is readable without timestamps and workflow commands', () => {
  const text = readableLog(LOG)
  expect(exitCodeIn(text)).toBe(2)
  expect(text).toContain('\nAssertionError: lost 3\nProcess completed')
})
