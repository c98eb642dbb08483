using CrunSharp.Registry;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Shows a name and password to a registry and stores them; answers in which file.</summary>
    /// <remarks>Needs no store, hence no engine.</remarks>
    public static async Task<string> LogInAsync(string registry, string user, string password, CancellationToken cancellationToken)
    {
        using RegistryClient client = OpenRegistries();
        return await client.LogInAsync(registry, user, password, cancellationToken);
    }

    /// <summary>Forgets what is stored for a registry; answers in which files it was.</summary>
    public static IReadOnlyList<string> LogOut(string registry)
    {
        using RegistryClient client = OpenRegistries();
        return client.LogOut(registry);
    }

    // Inside their namespace users are root, but what podman stored for them is under their own number.
    private static RegistryClient OpenRegistries() =>
        new(new RegistryConfiguration { UserId = UserNamespace.Outer?.Uid ?? Linux.Identity.EffectiveUid });
}
