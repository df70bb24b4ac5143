/** JUnit reports as test runners write them, and malformed ones. */
import { describe, expect, test } from 'vitest'
import { mergeTests, readJunit } from '../../src/junit/parse.ts'

function read(text: string, piece = text.length || 1) {
  const reader = readJunit()
  for (let i = 0; i < text.length; i += piece) reader.write(text.slice(i, i + piece))
  const { tests, problem } = reader.close()
  return { tests: tests.map(({ name, outcome, message }) => [name, outcome, message]), problem }
}

const SUREFIRE = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="org.example.CacheTest" tests="4">
  <properties><property name="a" value="b"/></properties>
  <testcase name="evicts" classname="org.example.CacheTest" time="0.1"/>
  <testcase name="expires" classname="org.example.CacheTest">
    <flakyFailure message="got 3" type="java.lang.AssertionError"><stackTrace>at x</stackTrace><system-out>noise</system-out></flakyFailure>
  </testcase>
  <testcase name="loads" classname="org.example.CacheTest">
    <failure message="" type="java.io.IOException"><![CDATA[java.io.IOException: gone
	at org.example]]></failure>
    <rerunFailure message="again"/>
  </testcase>
  <testcase name="later" classname="org.example.CacheTest"><skipped/></testcase>
</testsuite>`

describe('readJunit', () => {
  const wanted = [
    ['org.example.CacheTest › evicts', 'passed', null],
    ['org.example.CacheTest › expires', 'flaked', 'got 3'],
    ['org.example.CacheTest › loads', 'failed', 'java.io.IOException: gone'],
    ['org.example.CacheTest › later', 'skipped', null],
  ]
  test('reads Surefire with its re-runs', () =>
    expect(read(SUREFIRE)).toEqual({ tests: wanted, problem: null }))
  test.each([1, 7, 100])('fed %d characters at a time', (piece) =>
    expect(read(SUREFIRE, piece)).toEqual({ tests: wanted, problem: null }),
  )

  test('reads nested suites, names without a class, and errors', () =>
    expect(
      read(
        '<testsuites><testsuite><testsuite><testcase name="a b"><error>boom &lt;1&gt;\nmore</error></testcase></testsuite></testsuite><testcase file="x.py"/></testsuites>',
      ),
    ).toEqual({
      tests: [
        ['a b', 'failed', 'boom <1>'],
        ['x.py', 'passed', null],
      ],
      problem: null,
    }))

  test.each([
    ['cut off', SUREFIRE.slice(0, SUREFIRE.indexOf('name="loads"')), 2],
    ['closed in the wrong order', '<a><testcase name="x"/><b></a>', 1],
    ['no XML at all', 'PASS\n1 passed', 0],
    ['empty', '', 0],
    ['a character that XML forbids', '<t><testcase name="x"/>\u0001<testcase name="y"/></t>', 1],
    ['a custom entity', '<!DOCTYPE t [<!ENTITY a "x">]><t><testcase name="x"/><testcase name="&a;"/></t>', 1],
    ['very deep', `<t><testcase name="x"/>${'<a>'.repeat(1000)}`, 1],
  ])('%s: the part before the error counts, and the problem is named', (_what, text, tests) => {
    const report = read(text)
    expect(report.tests).toHaveLength(tests)
    expect(report.problem).toMatch(/\S/)
  })

  test('an entity bomb is not expanded', () => {
    const bomb = `<!DOCTYPE t [<!ENTITY a0 "ha">${Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i + 1} "&a${i};&a${i};&a${i};&a${i};">`).join('')}]><t><testcase name="&a20;"/></t>`
    const began = performance.now()
    expect(read(bomb).tests).toEqual([])
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test('external entities are not read', () => {
    const report = read(
      '<!DOCTYPE t SYSTEM "file:///etc/passwd" [<!ENTITY p SYSTEM "file:///etc/passwd">]><t><testcase name="&p;"/></t>',
    )
    expect(JSON.stringify(report)).not.toContain('root:')
  })

  test('too many tests end the reading, and long names are cut', () => {
    const report = read(`<t>${'<testcase name="x"/>'.repeat(100_001)}</t>`)
    expect(report.tests).toHaveLength(100_000)
    expect(report.problem).toMatch(/more than 100000 tests/)
    expect(read(`<t><testcase name="${'n'.repeat(9000)}"/></t>`).tests[0]?.[0]).toHaveLength(500)
  })
})

describe('mergeTests', () => {
  const one = (outcome: 'passed' | 'failed' | 'flaked' | 'skipped') => ({ name: 'x', outcome, message: null })
  test.each([
    [['failed', 'passed'], 'flaked'],
    [['passed', 'failed'], 'flaked'],
    [['failed', 'failed'], 'failed'],
    [['failed', 'failed', 'passed'], 'flaked'],
    [['passed', 'skipped'], 'passed'],
    [['flaked', 'passed'], 'flaked'],
    [['skipped', 'failed'], 'failed'],
  ] as const)('%j is %s', (outcomes, merged) => expect(mergeTests(outcomes.map(one))).toEqual([one(merged)]))
})
