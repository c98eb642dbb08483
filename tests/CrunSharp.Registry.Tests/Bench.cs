using CrunSharp.Oci;
using CrunSharp.Testing;

namespace CrunSharp.Registry.Tests;

/// <summary>A user's home and host files for one test, and clients that see nothing else.</summary>
internal sealed class Bench : IDisposable
{
    private readonly List<RegistryClient> _clients = [];

    public TemporaryDirectory Home { get; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    public RegistryLimits Limits { get; set; } = new()
    {
        Connect = TimeSpan.FromSeconds(5),
        Answer = TimeSpan.FromSeconds(5),
        Stall = TimeSpan.FromSeconds(5),
        FirstPause = TimeSpan.FromMilliseconds(1),
    };

    public static Platform Amd64 { get; } = new("linux", "amd64");

    public static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    public RegistryConfiguration Configuration => new()
    {
        Environment = name => name == "HOME" ? Home.Path : Variables.GetValueOrDefault(name),
        SystemDirectory = Home["etc"],
        Limits = Limits,
    };

    public RegistryClient Client()
    {
        RegistryClient client = new(Configuration);
        _clients.Add(client);
        return client;
    }

    /// <summary>Stores a name and password as podman does.</summary>
    public void LogIn(string registry, string user = "ann", string password = "secret")
    {
        string packed = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}"));
        Home.Write(".config/containers/auth.json", $$$"""{"auths":{"{{{registry}}}":{"auth":"{{{packed}}}" } } }""");
    }

    public void Configure(string toml) => Home.Write("etc/containers/registries.conf", toml);

    public Task<ResolvedImage> ResolveAsync(string name, RegistryClient? client = null, Platform? platform = null) =>
        (client ?? Client()).ResolveAsync(Reference.Parse(name), platform ?? Amd64, Token);

    /// <summary>All of a layer, as a pull reads it.</summary>
    public static async Task<byte[]> ReadAsync(RegistryClient client, ResolvedImage image, int layer = 0, long offset = 0)
    {
        await using Stream stream = await client.OpenBlobAsync(image, image.Parsed.Layers[layer], offset, Token);
        using MemoryStream copy = new();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        Home.Dispose();
    }
}
