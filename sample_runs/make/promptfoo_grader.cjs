// The suite's grader in the shape promptfoo calls: the first label of the reply decides.
module.exports = (output, context) => {
  const label = (output.toLowerCase().match(/\b(positive|negative)\b/) || [])[1];
  const pass = label === context.vars.expected;
  const reason = `expected ${context.vars.expected}, got ${label || 'no label'}`;
  return { pass, score: pass ? 1 : 0, reason };
};
