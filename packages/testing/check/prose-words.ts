/** Words to avoid, and what to write instead. */
export type WordRule = {
  /**
   * Words and phrases, separated by commas. Each is a regular expression that matches whole words, in any case. An
   * identifier is read as its words, so `deadLetter` and `dead_letter` match "dead letter". A phrase may be wrapped.
   */
  words: string;
  use: string;
  /** What is correct although it contains such a word, in the same notation. */
  except?: string;
};

/** The words that `npm run check` reports in comments, documents, texts, test names and identifiers. */
export const WORD_RULES: readonly WordRule[] = [
  // Colloquial or old-fashioned.
  { words: "tell, tells, told, telling", use: "report, return, log, notify or distinguish" },
  { words: "say, says, said, saying", use: "report, return, state or log", except: "</?Say>" },
  { words: "whom, whose", use: "a sentence that names the subject" },
  { words: "wherefore, hence", use: "therefore, or a new sentence" },
  { words: "lest", use: "so that … not" },
  { words: "nobody's", use: "without an owner, or unassigned" },
  { words: "what (?:is|was) over", use: "expired, or completed" },
  { words: "what died", use: "the failed job, or the dead letter" },
  { words: "(?:give|gives|gave|given|giving)(?: it| them)? back", use: "return, or release" },
  // "the time it takes in ms" is about time.
  { words: "(?:take|takes|took|taken|taking) in", use: "accept", except: "(?:takes|took) in (?:ms|seconds)" },
  { words: "(?:let|lets|letting)(?: it| them)? go", use: "release" },
  { words: "(?:put|puts|putting)(?: it| them)? back", use: "requeue, or restore" },
  // Metaphors.
  { words: "house", use: "project", except: "click house" },
  // A fence of Markdown opens and closes a block of code.
  { words: "fence, fences, fenced", use: "takeover lock", except: "code fences?" },
  // Characters are letters too.
  {
    words: "letter, letters",
    use: "dead letter, or message",
    except:
      "dead letters?, dead-letters?, (?:capital|small|upper case|upper-case|lower case|lower-case) letters?, letters? (?:and|or) digits?, \\d+ letters",
  },
  // An address in Google's documentation.
  { words: "news", use: "notification", except: "hiking\\+news" },
  { words: "teller, tellers", use: "notifier" },
  { words: "judge, judges, judged", use: "evaluate" },
  { words: "gate, gates", use: "flow control, limiter or CI" },
  { words: "passage, passages", use: "scope check" },
  { words: "lane, lanes", use: "replay scheduler, or queue" },
  { words: "stand, stands, stood, standing", use: "is, or has" },
  { words: "world, worlds", use: "reference model, or harness" },
  { words: "ledger, ledgers", use: "event status" },
  { words: "tally, tallies", use: "counts" },
  { words: "park, parks, parked, parking", use: "pause" },
  // The command and its audit action.
  { words: "lift, lifts, lifted", use: "resume", except: 'pauses lift, pauses list \\| lift, "lift", pause\\.lifted' },
  { words: "trial, trials", use: "probe" },
  { words: "wake, wakes, woke, woken", use: "promote, or notify" },
  { words: "heir", use: "replacement" },
  // Millrace's former names, where a word has no other use here.
  // The variables of an integration keep their names.
  { words: "gather, gathers", use: "debounce", except: "gather (?:cap )?ms" },
  { words: "unanswered", use: "timed out" },
  { words: "departure, departures", use: "send slot, or blocked until" },
  { words: "settle, settles, settled", use: "complete or resolve", except: "all settled, promise settled result" },
  // Meta signs requests with `appsecret_proof`.
  { words: "proof, proofs", use: "authentication", except: "appsecret proof" },
  { words: "refusal, refusals", use: "HttpError, rejection or error" },
  { words: "workings", use: "EnabledIntegration" },
  { words: "abilities", use: "capabilities" },
  { words: "death, deaths", use: "dead letter" },
  { words: "lasting", use: "stable", except: "long-lasting" },
  { words: "findings?", use: "check result", except: "finding (?:a|an|the|its|out)" },
  { words: "todo", use: "remedy, or an issue" },
  { words: "guess throttle, narrow gate", use: "login rate limiter, concurrency limiter" },
  { words: "thread facts", use: "thread state" },
  { words: "shake hands", use: "verification challenge" },
  { words: "insist, insists", use: "deliver" },
  { words: "hear, hears, heard", use: "receive" },
  // A pipe of Node, of a shell or of a process.
  {
    words: "pipe, pipes",
    use: "harness",
    except: '"pipe", pipe (?:to|through), \\.pipe\\(, broken pipe, pipe,',
  },
];
