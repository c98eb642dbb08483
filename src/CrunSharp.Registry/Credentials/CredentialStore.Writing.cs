using System.Text;
using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Registry.Credentials;

/// <summary>Changes one entry; whatever else a file holds is somebody else's and stays as it is.</summary>
internal sealed partial class CredentialStore
{
    /// <summary>Stores a name and password; answers in which file.</summary>
    /// <remarks>
    /// Where the first file that is read has an entry already, that one is replaced, since it would hide a new one elsewhere;
    /// otherwise REGISTRY_AUTH_FILE or ~/.config/containers/auth.json, which podman, buildah and skopeo read as well.
    /// </remarks>
    /// <exception cref="CrunException">There is no home, or the file cannot be written.</exception>
    public string Store(string registry, Credential credential)
    {
        string path = Files().FirstOrDefault(file => Has(file, registry))
            ?? configuration.Variable("REGISTRY_AUTH_FILE")
            ?? (configuration.ConfigHome is { } config ? Path.Combine(config, "containers", "auth.json") : null)
            ?? throw new CrunException("cannot store the credentials", "HOME is not set");
        string packed = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Secret}"));
        Rewrite(path, registry, packed);
        return path;
    }

    /// <summary>Forgets what is stored for a registry; answers in which files it was.</summary>
    /// <exception cref="CrunException">A file cannot be read or written.</exception>
    public IReadOnlyList<string> Forget(string registry)
    {
        List<string> files = [.. Files().Where(file => Has(file, registry))];
        files.ForEach(file => Rewrite(file, registry, null));
        return files;
    }

    private static bool Has(string path, string registry)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using JsonDocument document = Read(path);
        return Member(document.RootElement, "auths") is { ValueKind: JsonValueKind.Object } auths
            && auths.EnumerateObject().Any(entry => Normalize(entry.Name) == registry);
    }

    private static void Rewrite(string path, string registry, string? packed)
    {
        // A link stays a link: people keep such files elsewhere.
        string target = File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } link ? link.FullName : path;
        string key = registry;
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Indented = true }))
        {
            using JsonDocument old = File.Exists(target) ? Read(target) : JsonDocument.Parse("{}");
            writer.WriteStartObject();
            foreach (JsonProperty member in old.RootElement.EnumerateObject().Where(member => member.Name != "auths"))
            {
                member.WriteTo(writer);
            }

            writer.WriteStartObject("auths");
            if (Member(old.RootElement, "auths") is { ValueKind: JsonValueKind.Object } auths)
            {
                foreach (JsonProperty entry in auths.EnumerateObject())
                {
                    if (Normalize(entry.Name) != registry)
                    {
                        entry.WriteTo(writer);
                        continue;
                    }

                    // Docker has keys of its own, and finds no others.
                    key = entry.Name;
                }
            }

            if (packed is not null)
            {
                writer.WriteStartObject(key);
                writer.WriteString("auth", packed);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        Replace(target, text.ToArray());
    }

    private static void Replace(string path, byte[] content)
    {
        string temporary = $"{path}.{System.Environment.ProcessId}.new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            FileStreamOptions options = new()
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (FileStream file = new(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new CrunException($"cannot store credentials in '{path}'", "it cannot be written", e);
        }
    }
}
