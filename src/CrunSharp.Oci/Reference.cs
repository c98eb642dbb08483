using System.Text.RegularExpressions;

namespace CrunSharp.Oci;

/// <summary>What a user types to name an image: registry, repository, and a tag, a digest or both.</summary>
/// <remarks>distribution-spec 1.1, spec.md#pulling-manifests; defaults as docker's: <c>docker.io/library/NAME:latest</c>.</remarks>
public sealed partial record Reference
{
    private const int LongestRepository = 255;

    private Reference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    public string Registry { get; }

    public string Repository { get; }

    public string? Tag { get; }

    /// <summary>Where given, it decides; the tag is then only a name for people.</summary>
    public Digest? Digest { get; }

    /// <exception cref="CrunException">The text is no image name; the reason says which part.</exception>
    public static Reference Parse(string text)
    {
        string rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@') is var at && at >= 0)
        {
            digest = Oci.Digest.Parse(rest[(at + 1)..]);
            rest = rest[..at];
        }

        string registry = "docker.io";
        int slash = rest.IndexOf('/');
        if (slash >= 0 && NamesARegistry(rest[..slash]))
        {
            registry = rest[..slash] == "index.docker.io" ? "docker.io" : rest[..slash];
            rest = rest[(slash + 1)..];
        }

        string? tag = null;
        if (rest.IndexOf(':') is var colon && colon >= 0)
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagForm().IsMatch(tag))
            {
                throw Refuse(text, $"'{tag}' is not a tag: letters, digits, '_', '.' and '-', at most 128");
            }
        }

        if (registry == "docker.io" && !rest.Contains('/'))
        {
            rest = $"library/{rest}";
        }

        if (!RegistryForm().IsMatch(registry))
        {
            throw Refuse(text, $"'{registry}' is not a registry's host and port");
        }

        if (rest.Length > LongestRepository || !RepositoryForm().IsMatch(rest))
        {
            throw Refuse(text, $"'{rest}' is not a repository: lower-case letters and digits, separated by '.', '_', '-' or '/'");
        }

        return new Reference(registry, rest, tag ?? (digest is null ? "latest" : null), digest);
    }

    public override string ToString() =>
        $"{Registry}/{Repository}{(Tag is null ? "" : $":{Tag}")}{(Digest is null ? "" : $"@{Digest}")}";

    // 'a/b' is a repository of Docker Hub, 'a.io/b', 'a:5000/b' and 'localhost/b' are not.
    private static bool NamesARegistry(string first) => first == "localhost" || first.AsSpan().ContainsAny(".:[");

    private static CrunException Refuse(string text, string why) => new($"cannot use the image name '{text}'", why);

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegistryForm();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryForm();
}
