/** Finds the program before anything runs: a thousand failures that mean "not found" are no answer. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '../user-error.ts'

const SHELL = '/bin/sh'

/**
 * @param command one argument with a space in it is for the shell
 * @returns the command with the path of its program, which stays relative where it was
 * @throws UserError when there is no such program
 */
export function findProgram(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  const [program = '', ...words] = command
  if (words.length === 0 && /\s/.test(program)) return [SHELL, '-c', program]
  const places = program.includes('/')
    ? [program]
    : (env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  const found = places.find((path) => isExecutable(isAbsolute(path) ? path : resolve(cwd, path)))
  if (found !== undefined) return [found, ...words]
  if (program.includes('/') && statSync(resolve(cwd, program), { throwIfNoEntry: false })?.isFile())
    throw new UserError(`${program} is not executable. Try chmod +x, or name its interpreter before it.`)
  throw new UserError(`There is no program ${program || '""'}. Is it installed, and on the PATH?`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
