/** CODEOWNERS as GitHub documents it: the last matching line applies. */
import { expect, test } from 'vitest'
import { codeOwnersOf } from '../../src/domain/code-owners.ts'

const FILE = `
# who looks after what
*                       @acme/all
*.yml                   @acme/yaml   # trailing words
/.github/workflows/     @acme/ci someone@example.org
docs/*                  @writer
apps/                   @apps
/apps/github
**/logs                 @logger
[ab].txt                @nobody
!x                      @nobody
`

test.each([
  ['README.md', ['acme/all']],
  ['deep/in/config.yml', ['acme/yaml']],
  ['.github/workflows/ci.yml', ['acme/ci']],
  ['docs/guide.md', ['writer']],
  ['docs/more/guide.md', ['acme/all']],
  ['src/apps/x.ts', ['apps']],
  ['apps/github', []],
  ['build/logs', ['logger']],
  ['build/logs/today.txt', ['logger']],
  ['a.txt', ['acme/all']],
])('%s is owned by %j', (path, owners) => {
  expect(codeOwnersOf(FILE, path)).toEqual(owners)
})

test('a hostile pattern still ends quickly', () => {
  const started = performance.now()
  expect(codeOwnersOf(`${'*a'.repeat(2000)}b @x`, 'a'.repeat(4000))).toEqual([])
  expect(codeOwnersOf(`${'**/'.repeat(12)}b @x`, 'a/'.repeat(12))).toEqual([])
  expect(performance.now() - started).toBeLessThan(5000)
})
