using CrunSharp.Oci;
using Tomlyn;
using Tomlyn.Model;
using Tomlyn.Serialization;

namespace CrunSharp.Registry.Configuration;

/// <summary>One file of containers-registries.conf(5), version 2 of its format.</summary>
/// <remarks>
/// Short names are not taken from it: a name without a host is Docker Hub's, whatever the host's files say,
/// so that the same command means the same image everywhere.
/// </remarks>
internal static class RegistriesFile
{
    private const long LargestSize = 1 << 20;

    /// <summary>The rules of one file, in its order.</summary>
    /// <exception cref="CrunException">The file cannot be read or is no TOML of version 2.</exception>
    public static List<RegistryRule> Read(string path)
    {
        string what = $"cannot use the registries' configuration '{path}'";
        TomlTable root;
        try
        {
            if (new FileInfo(path).Length > LargestSize)
            {
                throw new CrunException(what, $"it has more than {LargestSize} bytes");
            }

            root = TomlSerializer.Deserialize(File.ReadAllText(path), TomlTypes.Default.TomlTable) ?? [];
        }
        catch (TomlException e)
        {
            throw new CrunException(what, e.Line is { } line ? $"line {line} is not TOML" : "it is not TOML", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CrunException(what, "it cannot be read", e);
        }

        if (root.TryGetValue("registries", out object? old) && old is TomlTable)
        {
            throw new CrunException(what, "it is of version 1")
            {
                Hints = ["write [[registry]] tables instead of [registries.*]: man 5 containers-registries.conf"],
            };
        }

        TomlDocument document = new(what);
        List<RegistryRule> rules = [];
        foreach (TomlTable table in document.Tables(root, "registry"))
        {
            rules.Add(ReadRule(document, table));
        }

        return rules;
    }

    private static RegistryRule ReadRule(TomlDocument document, TomlTable table)
    {
        string location = document.Text(table, "location").TrimEnd('/');
        string prefix = document.Text(table, "prefix").TrimEnd('/') is { Length: > 0 } given ? given : location;
        if (prefix.Length == 0)
        {
            throw document.Refuse("a [[registry]] has neither 'prefix' nor 'location'");
        }

        bool wild = prefix.StartsWith("*.", StringComparison.Ordinal);
        if (prefix.AsSpan(wild ? 2 : 0).Contains('*') || prefix.Contains("://", StringComparison.Ordinal) || location.Contains("://", StringComparison.Ordinal))
        {
            throw document.Refuse($"'{prefix}' is no prefix: a host, a host with a path, or '*.' and a domain, without a scheme");
        }

        bool digestsOnly = document.Flag(table, "mirror-by-digest-only");
        List<RegistryMirror> mirrors = [];
        foreach (TomlTable mirror in document.Tables(table, "mirror"))
        {
            string where = document.Text(mirror, "location").TrimEnd('/');
            if (where.Length == 0)
            {
                throw document.Refuse($"a mirror of '{prefix}' has no 'location'");
            }

            MirrorUse use = document.Text(mirror, "pull-from-mirror") switch
            {
                "" => digestsOnly ? MirrorUse.DigestOnly : MirrorUse.All,
                "all" => MirrorUse.All,
                "digest-only" => MirrorUse.DigestOnly,
                "tag-only" => MirrorUse.TagOnly,
                string other => throw document.Refuse($"'{other}' is no 'pull-from-mirror': all, digest-only or tag-only"),
            };
            mirrors.Add(new RegistryMirror(where, document.Flag(mirror, "insecure"), use));
        }

        return new RegistryRule
        {
            Prefix = prefix,
            Location = location,
            Insecure = document.Flag(table, "insecure"),
            Blocked = document.Flag(table, "blocked"),
            Mirrors = mirrors,
        };
    }

    /// <summary>Reads members of a kind, or says which member is of another.</summary>
    private readonly struct TomlDocument(string what)
    {
        public CrunException Refuse(string why) => new(what, why);

        public string Text(TomlTable table, string name) =>
            !table.TryGetValue(name, out object? value) ? ""
            : value as string ?? throw Refuse($"'{name}' is not a text");

        public bool Flag(TomlTable table, string name) =>
            table.TryGetValue(name, out object? value) && (value as bool? ?? throw Refuse($"'{name}' is not true or false"));

        public IEnumerable<TomlTable> Tables(TomlTable table, string name) =>
            !table.TryGetValue(name, out object? value) ? []
            : value is TomlTableArray tables ? tables
            : value is TomlArray list && list.All(entry => entry is TomlTable) ? list.Cast<TomlTable>()
            : throw Refuse($"'{name}' is not a list of tables: write [[{name}]]");
    }
}

[TomlSerializable(typeof(TomlTable))]
internal sealed partial class TomlTypes : TomlSerializerContext;
