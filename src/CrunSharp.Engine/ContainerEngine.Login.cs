using CrunSharp.Registry;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Shows a name and password to a registry and stores them; answers in which file.</summary>
    /// <remarks>Needs no store, hence no engine.</remarks>
    public static async Task<string> LogInAsync(string registry, string user, string password, CancellationToken cancellationToken)
    {
        using RegistryClient client = new(RegistryConfiguration.Load());
        return await client.LogInAsync(registry, user, password, cancellationToken);
    }

    /// <summary>Forgets what is stored for a registry; answers in which files it was.</summary>
    public static IReadOnlyList<string> LogOut(string registry)
    {
        using RegistryClient client = new(RegistryConfiguration.Load());
        return client.LogOut(registry);
    }
}
