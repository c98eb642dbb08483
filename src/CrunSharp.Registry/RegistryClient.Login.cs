using CrunSharp.Oci;
using CrunSharp.Registry.Credentials;
using CrunSharp.Registry.Http;

namespace CrunSharp.Registry;

public sealed partial class RegistryClient
{
    /// <summary>Shows a name and password to a registry, and stores them when it takes them; answers in which file.</summary>
    /// <exception cref="CrunException">The registry refuses them or cannot be asked, or the file cannot be written.</exception>
    public async Task<string> LogInAsync(string registry, string user, string password, CancellationToken cancellationToken)
    {
        string what = $"cannot log in to '{registry}'";
        registry = CheckRegistry(registry);
        if (user.Length == 0 || user.Contains(':') || password.Length == 0)
        {
            throw new CrunException(what, "a name without ':' and a password are needed");
        }

        Credential credential = new(user, password, IsIdentityToken: false, "this login");
        using RegistrySession session = new(registry, insecure: false, new TypedCredential(credential), _connections.Value, Configuration);
        try
        {
            using HttpResponseMessage welcome = await session.RequestAsync(new RegistryRequest("", ""), Configuration.Limits.Attempts, cancellationToken).ConfigureAwait(false);
        }
        catch (RegistryFailureException e)
        {
            throw new CrunException(what, $"'{e.Host}': {e.Message}", e) { Hints = e.Hints };
        }
        catch (RegistryRefusedException e)
        {
            string said = e.Text is { Length: > 0 } text ? $" ({text})" : "";
            throw new CrunException(what, e.IsAboutAccess ? $"it refuses '{user}' with this password{said}" : $"it answered {(int)e.Status}{said}", e);
        }

        return _credentials.Store(registry, credential);
    }

    /// <summary>Forgets what is stored for a registry; answers in which files it was.</summary>
    /// <exception cref="CrunException">A file cannot be read or written.</exception>
    public IReadOnlyList<string> LogOut(string registry) => _credentials.Forget(CheckRegistry(registry));

    /// <summary>The name under which credentials are kept, from what people type.</summary>
    private static string CheckRegistry(string registry)
    {
        string name = registry.StartsWith("https://", StringComparison.Ordinal) ? registry["https://".Length..] : registry;
        name = name.TrimEnd('/');
        name = name is "index.docker.io" or "index.docker.io/v1" or "registry-1.docker.io" ? "docker.io" : name;

        // Through the ordinary parser, which knows what a host is.
        bool isHost = name == "localhost" || name.AsSpan().ContainsAny(".:[");
        return isHost && !name.Contains('/') && Reference.Parse($"{name}/x").Registry == name
            ? name
            : throw new CrunException($"cannot use the registry '{registry}'", "it is not a host, with or without a port");
    }
}
