/** What a run writes goes straight to a file: it costs the hunt nothing, and keeps the order of both streams. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

/** Of longer output the middle is left out: the beginning says what was tried, the end what went wrong. */
const HEAD_BYTES = 256 * 1024
const TAIL_BYTES = 768 * 1024
/** A run that writes for ever must not fill the disk. */
const MAX_BYTES = 1024 ** 3

export interface OutputFile {
  /** To hand to the process as both its streams. */
  fd: number
  clear(): void
  read(): string
  /** Empties the file when it has grown beyond a gigabyte. */
  limit(): void
  close(): void
}

/** @param path made anew; several processes may append to it */
export function openOutput(path: string): OutputFile {
  const fd = openSync(path, 'a+', 0o600)
  const clear = () => ftruncateSync(fd, 0)
  return {
    fd,
    clear,
    read: () => readEnds(fd),
    limit() {
      if (fstatSync(fd).size > MAX_BYTES) clear()
    },
    close: () => closeSync(fd),
  }
}

function readEnds(fd: number): string {
  const { size } = fstatSync(fd)
  if (size <= HEAD_BYTES + TAIL_BYTES) return readAt(fd, 0, size)
  const left = size - HEAD_BYTES - TAIL_BYTES
  return `${readAt(fd, 0, HEAD_BYTES)}\n[… ${left.toLocaleString('en')} bytes left out …]\n${readAt(fd, size - TAIL_BYTES, TAIL_BYTES)}`
}

function readAt(fd: number, from: number, length: number): string {
  const buffer = Buffer.alloc(length)
  const got = readSync(fd, buffer, 0, length, from)
  return buffer.subarray(0, got).toString('utf8')
}
