using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Tests that compare the whole host before and after: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
