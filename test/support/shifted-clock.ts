/** Preloaded with `node --import`: the process's clock differs from the machine's by CLOCK_OFFSET_MS milliseconds. */
const offset = Number(process.env.CLOCK_OFFSET_MS)
const MachineDate = Date

class ShiftedDate extends MachineDate {
  static override now(): number {
    return MachineDate.now() + offset
  }

  constructor(...values: [] | [number | string | Date]) {
    super(values.length === 0 ? ShiftedDate.now() : values[0])
  }
}

globalThis.Date = ShiftedDate as DateConstructor
