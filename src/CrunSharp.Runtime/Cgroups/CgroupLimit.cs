namespace CrunSharp.Runtime;

/// <summary>One value that goes into one file of a cgroup.</summary>
/// <param name="Controller">Who has the file; a limit without it is refused, not skipped.</param>
/// <param name="Origin">Where the user asked for it.</param>
/// <param name="Fallback">A file of the same meaning that other kernels have instead.</param>
internal sealed record CgroupLimit(string Controller, string File, string Value, string Origin, string? Fallback = null, string? FallbackValue = null);
