/** CODEOWNERS as GitHub documents it: the last matching line applies. */
import { expect, test } from 'vitest'
import { codeOwnersOf } from '../../src/domain/code-owners.ts'

const FILE = `
# comments are ignored
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

test.each<[string, string, string, string[]]>([
  ['a pattern of one name matches at any depth', 'x.ts @a', 'deep/in/x.ts', ['a']],
  ['a pattern with a leading slash matches at the root', '/x.ts @a', 'x.ts', ['a']],
  ['a pattern with a leading slash matches nowhere else', '/x.ts @a', 'deep/x.ts', []],
  ['a pattern with a slash inside matches at the root', 'b/x.ts @a', 'b/x.ts', ['a']],
  ['a pattern with a slash inside matches nowhere else', 'b/x.ts @a', 'deep/b/x.ts', []],
  ['a folder matches everything below it', '/lib @a', 'lib/deep/x.ts', ['a']],
  ['a folder with a trailing slash matches everything below it', 'lib/ @a', 'deep/lib/more/x.ts', ['a']],
  ['a folder with a trailing slash matches no file of that name', 'lib/ @a', 'deep/lib', []],
  ['a star matches within one name', 'b/*.ts @a', 'b/x.ts', ['a']],
  ['a star matches no slash', 'b/*.ts @a', 'b/c/x.ts', []],
  ['a star at the end matches direct children', 'b/* @a', 'b/x.ts', ['a']],
  ['a star at the end matches nothing deeper', 'b/* @a', 'b/c/x.ts', []],
  ['two stars at the end match everything below', 'b/** @a', 'b/c/d/x.ts', ['a']],
  ['two stars at the end do not match the folder', 'b/** @a', 'b', []],
  ['two stars in the middle match no folder', 'b/**/x.ts @a', 'b/x.ts', ['a']],
  ['two stars in the middle match several folders', 'b/**/x.ts @a', 'b/c/d/x.ts', ['a']],
  ['two stars in the middle do not match another end', 'b/**/x.ts @a', 'b/c/d/y.ts', []],
  ['a longer pattern does not match a shorter path', 'b/c/x.ts @a', 'b/c', []],
  ['a negated pattern matches nothing', '!x.ts @a', '!x.ts', []],
  ['a pattern with brackets matches nothing', '[x].ts @a', '[x].ts', []],
  ['a number sign inside a name is part of it', 'x#y.ts @a', 'x#y.ts', ['a']],
  ['a comment may follow without a space after the number sign', 'x.ts @a #@b', 'x.ts', ['a']],
  ['a comment at the start removes the line', '#x.ts @a', '#x.ts', []],
  ['white space may surround and separate the words', '  x.ts \t @a  @b/c \r', 'x.ts', ['a', 'b/c']],
  ['an e-mail address is left out', 'x.ts a@example.org @b', 'x.ts', ['b']],
  ['a later line without owners removes them', 'x.ts @a\n*.ts', 'x.ts', []],
  ['a later line that does not match changes nothing', 'x.ts @a\n*.js @b', 'x.ts', ['a']],
])('%s', (_rule, text, path, owners) => {
  expect(codeOwnersOf(text, path)).toEqual(owners)
})

test('a hostile pattern still ends quickly', () => {
  const started = performance.now()
  expect(codeOwnersOf(`${'*a'.repeat(2000)}b @x`, 'a'.repeat(4000))).toEqual([])
  expect(codeOwnersOf(`${'**/'.repeat(12)}b @x`, 'a/'.repeat(12))).toEqual([])
  expect(performance.now() - started).toBeLessThan(5000)
})
