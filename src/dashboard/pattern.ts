/**
 * Regular expressions typed by anybody, matched in time linear in the text (Thompson's construction, 1968): a pattern
 * such as `(a+)+$` that would hang JavaScript's own matcher costs no more than any other. The common subset: literals,
 * `.`, classes, groups, `|`, `*`, `+`, `?`, `^`, `$`, `\d`, `\w`, `\s` and escaped signs. No back references, no counts.
 */

export type Pattern =
  | {
      matches(text: string): boolean
      /** A sentence once the pattern took too many steps; it matches nothing from then on. */
      tooDear(): string | null
    }
  | { problem: string }

type Test = (character: string) => boolean
type State =
  | { kind: 'char'; test: Test; next: number }
  | { kind: 'split'; to: number[] }
  | { kind: 'start' | 'end'; next: number }
  | { kind: 'done' }

const LONGEST = 200
/** Steps of one pattern, over all texts it is tried on: what takes a quarter of a second. */
const MAX_STEPS = 2_000_000
const MAX_TEXT = 500

/** Reads a pattern; case does not matter. A mistake in it comes back as a sentence. */
export function readPattern(source: string): Pattern {
  if (source.length > LONGEST) return { problem: `The filter is longer than ${LONGEST} characters.` }
  try {
    const states = compile(source.toLowerCase())
    let steps = 0
    const step = (count: number) => {
      steps += count
      return steps <= MAX_STEPS
    }
    return {
      matches: (text) => run(states, [...text.slice(0, MAX_TEXT).toLowerCase()], step),
      tooDear: () => (steps > MAX_STEPS ? 'The filter takes too long. Make it simpler.' : null),
    }
  } catch (error) {
    if (error instanceof PatternError) return { problem: error.message }
    throw error
  }
}

class PatternError extends Error {}

/** A piece of the machine: where it is entered, and which exits still lead nowhere. */
interface Piece {
  start: number
  exits: ((to: number) => void)[]
}

function compile(source: string): State[] {
  const text = [...source]
  const states: State[] = []
  let at = 0
  const add = (state: State): number => states.push(state) - 1
  const single = (make: (next: number) => State): Piece => {
    const start = add(make(-1))
    return { start, exits: [(to) => (states[start] = make(to))] }
  }
  const fork = (first: number): { index: number; exit: (to: number) => void } => {
    const index = add({ kind: 'split', to: [first] })
    return { index, exit: (to) => (states[index] = { kind: 'split', to: [first, to] }) }
  }
  const join = (left: Piece, right: Piece): Piece => {
    for (const exit of left.exits) exit(right.start)
    return { start: left.start, exits: right.exits }
  }
  const empty = (): Piece => {
    const index = add({ kind: 'split', to: [] })
    return { start: index, exits: [(to) => (states[index] = { kind: 'split', to: [to] })] }
  }
  function alternatives(): Piece {
    let left = sequence()
    while (text[at] === '|') {
      at++
      const right = sequence()
      const start = add({ kind: 'split', to: [left.start, right.start] })
      left = { start, exits: [...left.exits, ...right.exits] }
    }
    return left
  }
  function sequence(): Piece {
    let piece = empty()
    while (at < text.length && text[at] !== '|' && text[at] !== ')') piece = join(piece, repeated())
    return piece
  }
  function repeated(): Piece {
    let piece = atom()
    for (;;) {
      const sign = text[at]
      if (sign !== '*' && sign !== '+' && sign !== '?') return piece
      at++
      const { index, exit } = fork(piece.start)
      if (sign === '?') piece = { start: index, exits: [...piece.exits, exit] }
      else {
        for (const loop of piece.exits) loop(index)
        piece = { start: sign === '*' ? index : piece.start, exits: [exit] }
      }
    }
  }
  function atom(): Piece {
    const character = text[at++] as string
    if (character === '(') return group()
    if (character === '^') return single((next) => ({ kind: 'start', next }))
    if (character === '$') return single((next) => ({ kind: 'end', next }))
    if (character === '*' || character === '+' || character === '?')
      throw new PatternError(`The filter has a ${character} with nothing before it to repeat.`)
    const test = testOf(character)
    return single((next) => ({ kind: 'char', test, next }))
  }
  function group(): Piece {
    if (text[at] === '?' && text[at + 1] === ':') at += 2
    const piece = alternatives()
    if (text[at++] !== ')') throw new PatternError('The filter has a ( without its ).')
    return piece
  }
  function testOf(character: string): Test {
    if (character === '.') return () => true
    if (character === '[') return classTest()
    if (character === '\\') return escapeTest(text[at++])
    return (seen) => seen === character
  }
  function classTest(): Test {
    const isNegated = text[at] === '^'
    if (isNegated) at++
    const tests: Test[] = []
    do {
      const character = text[at++]
      if (character === undefined) throw new PatternError('The filter has a [ without its ].')
      if (character === '\\') tests.push(escapeTest(text[at++]))
      else if (text[at] === '-' && text[at + 1] !== undefined && text[at + 1] !== ']') {
        const last = text[at + 1] as string
        at += 2
        tests.push((seen) => seen >= character && seen <= last)
      } else tests.push((seen) => seen === character)
    } while (text[at] !== ']')
    at++
    return (seen) => tests.some((test) => test(seen)) !== isNegated
  }
  const whole = alternatives()
  if (at < text.length) throw new PatternError('The filter has a ) without its (.')
  const done = add({ kind: 'done' })
  for (const exit of whole.exits) exit(done)
  // The machine is entered at its last state.
  add({ kind: 'split', to: [whole.start] })
  return states
}

const isDigit: Test = (seen) => seen >= '0' && seen <= '9'
const isWord: Test = (seen) => isDigit(seen) || (seen >= 'a' && seen <= 'z') || seen === '_'
const isSpace: Test = (seen) => seen.trim() === ''
const ESCAPES: Record<string, Test> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
}

function escapeTest(character: string | undefined): Test {
  if (character === undefined) throw new PatternError('The filter ends in a \\.')
  return ESCAPES[character] ?? ((seen) => seen === character)
}

/** Walks all states at once, so no character is looked at twice. Matches anywhere in the text, as people expect. */
function run(states: readonly State[], text: readonly string[], step: (count: number) => boolean): boolean {
  const entry = states.length - 1
  let current = new Set<number>()
  for (let at = 0; at <= text.length; at++) {
    follow(states, entry, { at, end: text.length }, current)
    const next = new Set<number>()
    const character = text[at]
    for (const index of current) {
      const state = states[index] as State
      if (state.kind === 'done') return true
      if (state.kind === 'char' && character !== undefined && state.test(character))
        follow(states, state.next, { at: at + 1, end: text.length }, next)
    }
    current = next
    if (!step(current.size)) return false
  }
  return false
}

function follow(
  states: readonly State[],
  from: number,
  { at, end }: { at: number; end: number },
  into: Set<number>,
): void {
  const open = [from]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (index < 0 || into.has(index)) continue
    into.add(index)
    const state = states[index] as State
    if (state.kind === 'split') open.push(...state.to)
    if (state.kind === 'start' && at === 0) open.push(state.next)
    if (state.kind === 'end' && at === end) open.push(state.next)
  }
}
