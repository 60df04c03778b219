import js from '@eslint/js';

const MARKUP = 'What came over the wire must never become markup: use textContent, or make() from dom.js.';

/** What the rules say of properties, everywhere. */
const PROPERTIES = [
  { property: 'innerHTML', message: MARKUP },
  { property: 'outerHTML', message: MARKUP },
  { property: 'insertAdjacentHTML', message: MARKUP },
  { object: 'document', property: 'write', message: MARKUP },
  { object: 'Date', property: 'now', message: 'A viewer’s clock may be wrong: use the server’s time, or performance.now().' },
];

const TOO_NEW = 'The pages run in Chrome 88, Firefox 90 and Safari 15.';

/** What those have not: of each that is likely to be written. */
const NEWER_PROPERTIES = [
  'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with', 'hasOwn', 'groupBy', 'withResolvers', 'fromAsync',
  'ariaLabel', 'checkVisibility', 'replaceSync', 'randomUUID', 'throwIfAborted', 'isWellFormed', 'showModal', 'showPopover',
].map((property) => ({ property, message: TOO_NEW }));

const NEWER_SYNTAX = [
  'StaticBlock', 'BinaryExpression[left.type="PrivateIdentifier"]', 'Program > ExpressionStatement > AwaitExpression',
  'Program > VariableDeclaration AwaitExpression', 'MemberExpression[object.name="AbortSignal"]', 'Literal[regex.pattern=/\\(\\?<[=!]/]',
  'Literal[regex.flags=/[dv]/]', 'NewExpression[callee.name="Error"][arguments.length>1]', 'ImportExpression',
].map((selector) => ({ selector, message: TOO_NEW }));

const NEWER_GLOBALS = ['structuredClone', 'scheduler', 'requestIdleCallback', 'Temporal'].map((name) => ({ name, message: TOO_NEW }));

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // The type checker knows which globals there are.
      'no-undef': 'off',
      'array-callback-return': 'error',
      'complexity': ['error', 20],
      'consistent-return': 'off',
      'default-case-last': 'error',
      'eqeqeq': ['error', 'always'],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 60],
      'no-await-in-loop': 'off',
      'no-console': 'error',
      'no-constructor-return': 'error',
      'no-else-return': 'error',
      'no-eval': 'error',
      'no-implicit-coercion': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-param-reassign': 'error',
      'no-promise-executor-return': 'off',
      'no-restricted-properties': ['error', ...PROPERTIES],
      'no-script-url': 'error',
      'no-self-compare': 'error',
      'no-shadow': 'error',
      'no-template-curly-in-string': 'error',
      'no-throw-literal': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': 'error',
      'no-unused-expressions': 'error',
      'no-use-before-define': ['error', { functions: false, variables: false }],
      'no-useless-return': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-promise-reject-errors': 'error',
      'radix': 'error',
      'require-atomic-updates': 'off',
    },
  },
  {
    files: ['*.js'],
    ignores: ['eslint.config.js'],
    languageOptions: { ecmaVersion: 2022 },
    rules: {
      'no-restricted-globals': ['error', ...NEWER_GLOBALS],
      'no-restricted-properties': ['error', ...PROPERTIES, ...NEWER_PROPERTIES],
      'no-restricted-syntax': ['error', ...NEWER_SYNTAX],
    },
  },
  {
    // What runs in the oldest browsers; there is no newer grammar for them.
    files: ['boot.js', 'lite.js'],
    languageOptions: { ecmaVersion: 3, sourceType: 'script' },
    rules: {
      'no-var': 'off',
      'prefer-const': 'off',
      'object-shorthand': 'off',
      // A catch without a name is younger.
      'no-unused-vars': ['error', { caughtErrors: 'none' }],
    },
  },
];
