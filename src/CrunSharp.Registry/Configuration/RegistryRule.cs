using CrunSharp.Oci;

namespace CrunSharp.Registry.Configuration;

/// <summary>One <c>[[registry]]</c>: what is asked in place of what begins with a prefix.</summary>
internal sealed record RegistryRule
{
    public required string Prefix { get; init; }

    /// <summary>Empty leaves the name as it is.</summary>
    public string Location { get; init; } = "";

    public bool Insecure { get; init; }

    public bool Blocked { get; init; }

    public IReadOnlyList<RegistryMirror> Mirrors { get; init; } = [];

    /// <summary>How much of <paramref name="reference"/> the prefix covers; 0 is none of it.</summary>
    public int Covers(Reference reference)
    {
        string name = $"{reference.Registry}/{reference.Repository}";
        if (Prefix.StartsWith("*.", StringComparison.Ordinal))
        {
            // '*.a.io' stands for hosts below a.io, never for a.io itself, and says nothing about paths.
            return reference.Registry.EndsWith(Prefix[1..], StringComparison.OrdinalIgnoreCase) ? reference.Registry.Length : 0;
        }

        // A prefix may go down to one tag or digest.
        string full = reference.ToString();
        bool covers = full.StartsWith(Prefix, StringComparison.Ordinal)
            && (full.Length == Prefix.Length || full[Prefix.Length] is '/' or ':' or '@');

        // 'host' must not cover 'host:5000', which is another registry.
        bool endsInsideHost = Prefix.Length < reference.Registry.Length;
        return covers && !endsInsideHost ? Math.Min(Prefix.Length, name.Length) : 0;
    }

    /// <summary>Where <paramref name="reference"/> is at <paramref name="location"/> instead of below the prefix.</summary>
    /// <exception cref="CrunException">What results is no name of a registry and a repository.</exception>
    public RegistryEndpoint At(Reference reference, string location, bool insecure)
    {
        string name = $"{reference.Registry}/{reference.Repository}";
        string moved = location.Length == 0 ? name : location + name[Covers(reference)..];
        int slash = moved.IndexOf('/');
        string registry = slash < 0 ? moved : moved[..slash];
        string repository = slash < 0 ? "" : moved[(slash + 1)..];
        if (registry == "docker.io" && !repository.Contains('/'))
        {
            repository = $"library/{repository}";
        }

        try
        {
            // Through the ordinary parser: a configured location gets no looser grammar than a typed name.
            Reference parsed = Reference.Parse(registry == "docker.io" || registry.AsSpan().ContainsAny(".:[") || registry == "localhost"
                ? $"{registry}/{repository}"
                : throw new CrunException($"cannot use the location '{location}'", "it does not begin with a host: one has a dot, a port, or is localhost"));
            return new RegistryEndpoint { Registry = parsed.Registry, Repository = parsed.Repository, Insecure = insecure };
        }
        catch (CrunException e)
        {
            throw new CrunException($"cannot look for '{reference}' at '{location}', as registries.conf says", e.Message, e);
        }
    }
}

internal sealed record RegistryMirror(string Location, bool Insecure, MirrorUse Use);
