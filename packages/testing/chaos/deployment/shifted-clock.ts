/** Preloaded with `node --import`: shifts the clock of a process by CHAOS_CLOCK_OFFSET_MS. */
const RealDate = Date;
const now = () => RealDate.now() + Number(process.env["CHAOS_CLOCK_OFFSET_MS"]);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
  get: (target, key, receiver) => (key === "now" ? now : (Reflect.get(target, key, receiver) as unknown)),
});
