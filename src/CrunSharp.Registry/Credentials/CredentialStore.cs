using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Registry.Credentials;

/// <summary>Finds what a user stored for a registry with podman, docker or skopeo.</summary>
/// <remarks>containers-auth.json(5); docker's config.json. The first file that has something for the name decides.</remarks>
internal sealed partial class CredentialStore(RegistryConfiguration configuration) : ICredentialSource
{
    private const long LargestFile = 8 << 20;

    /// <summary>What docker has called Docker Hub since its first index.</summary>
    private const string DockerHubKey = "https://index.docker.io/v1/";

    /// <inheritdoc/>
    public async Task<Credential?> FindAsync(string registry, string repository, List<string> notes, CancellationToken cancellationToken)
    {
        foreach (string path in Files())
        {
            if (!File.Exists(path))
            {
                continue;
            }

            using JsonDocument document = Read(path);
            JsonElement root = document.RootElement;
            if (Text(Member(root, "credHelpers"), HelperKeys(registry)) is { Length: > 0 } helper
                && await AskAsync(helper).ConfigureAwait(false) is { } fromHelper)
            {
                return fromHelper;
            }

            if (FindEntry(Member(root, "auths"), registry, repository, path) is { } stored)
            {
                return stored;
            }

            if (Text(root, ["credsStore"]) is { Length: > 0 } store && await AskAsync(store).ConfigureAwait(false) is { } fromStore)
            {
                return fromStore;
            }
        }

        return null;

        async Task<Credential?> AskAsync(string name)
        {
            try
            {
                string key = registry == "docker.io" ? DockerHubKey : registry;
                return await CredentialHelper.GetAsync(name, key, configuration.Variable("PATH"), cancellationToken).ConfigureAwait(false);
            }
            catch (CrunException e)
            {
                // Most images need no credential: a broken helper matters only if the registry then refuses.
                notes.Add(e.Message);
                return null;
            }
        }
    }

    private IEnumerable<string> Files()
    {
        if (configuration.Variable("REGISTRY_AUTH_FILE") is { } named)
        {
            yield return named;
            yield break;
        }

        if (configuration.Variable("XDG_RUNTIME_DIR") is { } runtime)
        {
            yield return Path.Combine(runtime, "containers", "auth.json");
        }
        else if (configuration.UserId is { } user)
        {
            yield return $"{configuration.RuntimeDirectory}/containers/{user}/auth.json";
        }

        if (configuration.ConfigHome is { } config)
        {
            yield return Path.Combine(config, "containers", "auth.json");
        }

        if (configuration.Variable("DOCKER_CONFIG") is { } docker)
        {
            yield return Path.Combine(docker, "config.json");
        }
        else if (configuration.Home is { } home)
        {
            yield return Path.Combine(home, ".docker", "config.json");
        }
    }

    private static JsonDocument Read(string path)
    {
        string what = $"cannot use the stored credentials in '{path}'";
        try
        {
            byte[] bytes = new FileInfo(path).Length <= LargestFile
                ? File.ReadAllBytes(path)
                : throw new CrunException(what, $"it has more than {LargestFile} bytes");
            JsonDocument document = JsonDocument.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new CrunException(what, "it is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new CrunException(what, $"it is not JSON (line {(e.LineNumber ?? 0) + 1})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CrunException(what, "it cannot be read", e);
        }
    }

    private static Credential? FindEntry(JsonElement? auths, string registry, string repository, string path)
    {
        if (auths is not { ValueKind: JsonValueKind.Object } entries)
        {
            return null;
        }

        // From host/a/b to host: the longest key that covers the repository wins.
        for (string key = $"{registry}/{repository}"; ;)
        {
            foreach (JsonProperty entry in entries.EnumerateObject())
            {
                if (Normalize(entry.Name) == key && Decode(entry.Value, path) is { } credential)
                {
                    return credential;
                }
            }

            int slash = key.LastIndexOf('/');
            if (slash < 0)
            {
                return null;
            }

            key = key[..slash];
        }
    }

    /// <summary>The key as podman writes it: docker's have a scheme and a path that means the API's version.</summary>
    private static string Normalize(string key)
    {
        bool hasScheme = key.StartsWith("https://", StringComparison.Ordinal) || key.StartsWith("http://", StringComparison.Ordinal);
        string rest = hasScheme ? key[(key.IndexOf("://", StringComparison.Ordinal) + 3)..] : key;
        rest = rest.TrimEnd('/');
        if (hasScheme || rest.EndsWith("/v1", StringComparison.Ordinal) || rest.EndsWith("/v2", StringComparison.Ordinal))
        {
            int slash = rest.IndexOf('/');
            rest = slash < 0 ? rest : rest[..slash];
        }

        return rest is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : rest;
    }

    private static Credential? Decode(JsonElement entry, string path)
    {
        if (Text(entry, ["identitytoken"]) is { Length: > 0 } token)
        {
            return new Credential("", token, IsIdentityToken: true, $"'{path}'");
        }

        string? user = Text(entry, ["username"]);
        string? secret = Text(entry, ["password"]);
        if (Text(entry, ["auth"]) is { Length: > 0 } packed)
        {
            byte[] buffer = new byte[packed.Length];
            if (!Convert.TryFromBase64String(packed, buffer, out int length))
            {
                throw new CrunException($"cannot use the stored credentials in '{path}'", "an 'auth' in it is not base64");
            }

            // Some writers pad with NUL.
            string both = System.Text.Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\0');
            int colon = both.IndexOf(':');
            (user, secret) = colon < 0 ? (user, secret) : (both[..colon], both[(colon + 1)..]);
        }

        return string.IsNullOrEmpty(user) || secret is null ? null : new Credential(user, secret, IsIdentityToken: false, $"'{path}'");
    }

    private static string[] HelperKeys(string registry) =>
        registry == "docker.io" ? ["docker.io", "index.docker.io", DockerHubKey] : [registry];

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : null;

    private static string? Text(JsonElement? element, string[] names)
    {
        foreach (string name in names)
        {
            if (element is { } parent && Member(parent, name) is { ValueKind: JsonValueKind.String } text)
            {
                return text.GetString();
            }
        }

        return null;
    }
}
