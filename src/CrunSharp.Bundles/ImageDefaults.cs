namespace CrunSharp.Bundles;

/// <summary>What of an image's configuration reaches config.json; labels never do.</summary>
public sealed record ImageDefaults
{
    public static ImageDefaults None { get; } = new();

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string User { get; init; } = "";

    public string WorkingDirectory { get; init; } = "";
}
