namespace CrunSharp.Engine;

/// <summary>Where images and containers are kept (<c>--root</c>) and what a reboot may forget (<c>--runroot</c>).</summary>
public sealed record StoragePaths
{
    public required string Root { get; init; }

    public required string RunRoot { get; init; }

    /// <summary>The paths of this caller; <see cref="UserNamespace.Ensure"/> comes first.</summary>
    /// <param name="root">The value of <c>--root</c>, or null.</param>
    /// <param name="runRoot">The value of <c>--runroot</c>, or null.</param>
    public static StoragePaths Resolve(string? root, string? runRoot) => throw new NotSupportedException($"{root} {runRoot}");

    /// <summary>Makes both directories, 0700; others' directories and those that others may write to are refused.</summary>
    /// <remarks>May be called twice.</remarks>
    public void Ensure() => throw new NotSupportedException();
}
