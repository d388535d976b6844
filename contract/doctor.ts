import { z } from "zod";

/** One thing that `make doctor` looked at. */
export const Check = z.strictObject({
  /** Such as "pulumi" or "host office". */
  name: z.string(),
  /** `ok`; `note`: works, but worth knowing; `wrong`: something will fail. */
  level: z.enum(["ok", "note", "wrong"]),
  wanted: z.string(),
  got: z.string(),
  /** What to do; empty when it is ok. */
  remedy: z.string(),
});
export type Check = z.infer<typeof Check>;

/** What `make doctor` prints with `--json`. */
export const DoctorReport = z.strictObject({
  stack: z.string(),
  /** True when nothing is `wrong`. */
  ok: z.boolean(),
  checks: z.array(Check),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
