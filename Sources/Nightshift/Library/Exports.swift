// `import Nightshift` brings the whole library.
@_exported public import JSON
@_exported public import ProgramMetrics
@_exported public import Programs
