/** The four parts of every error that a user sees. */
export interface RefusalParts {
  /** The setting or option that is wrong, by the name the user wrote. */
  field: string;
  /** What would have been accepted. */
  wanted: string;
  /** What was given. */
  given: string;
  /** What to do now. */
  remedy: string;
}

/** Thrown where a request cannot be met; `message` is the same four-part line that host steps print. */
export class Refusal extends Error {
  readonly parts: RefusalParts;

  constructor(parts: RefusalParts) {
    super(`${parts.field}: wanted ${parts.wanted}; got ${parts.given}. Remedy: ${parts.remedy}`);
    this.name = "Refusal";
    this.parts = parts;
  }
}
