using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(CrunSharp.CliTests.TestImages))]

namespace CrunSharp.CliTests;

/// <summary>One registry for all tests, with the busybox of images/ as library/alpine and images derived from it.</summary>
public sealed class TestImages : IAsyncLifetime
{
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private TestRegistry? _registry;

    public TestRegistry Registry => _registry ?? throw new InvalidOperationException("the test did not say that it needs docker-registry and the images");

    public async ValueTask InitializeAsync()
    {
        if (TestRegistry.Installed.Missing() is not null || Host.Images.Missing() is not null)
        {
            return;
        }

        _registry = await TestRegistry.StartAsync();
        await _registry.PushLayoutAsync(Path.Combine(Host.Checkout, "out", "images", "alpine"), "library/alpine", "latest");
        await PushAsync("library/data", [Layer(("data/", "", 493), ("data/below/", "", 493), ("data/first", "from the image", 420), ("data/below/second", "too", 256))], config =>
        {
            config["config"]!["Volumes"] = new JsonObject { ["/data"] = new JsonObject() };
            config["config"]!["User"] = "1000:1000";
            config["config"]!["WorkingDir"] = "/made/here";
            config["config"]!["Env"] = new JsonArray("PATH=/bin", "FROM=image", "HOSTS_SECRET");
            config["config"]!["Labels"] = new JsonObject { ["run.oci.hooks.stdout"] = "/x", ["org.systemd.property.Y"] = "1" };
        });
        await PushAsync("library/foreign", [Layer(("bin/foreign", ForeignProgram(), 493))], static config => config["config"]!["Cmd"] = new JsonArray("/bin/foreign"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }
    }

    /// <summary>The busybox image with further layers and another configuration; answers what was pushed.</summary>
    internal async Task<TestImage> PushAsync(string repository, IReadOnlyList<byte[]> archives, Action<JsonNode> change)
    {
        string layout = Path.Combine(Host.Checkout, "out", "images", "alpine");
        JsonNode index = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(layout, "index.json")))!;
        JsonNode manifest = JsonNode.Parse(Blob(layout, index["manifests"]![0]!))!;
        JsonNode config = JsonNode.Parse(Blob(layout, manifest["config"]!))!;
        List<byte[]> layers = [.. manifest["layers"]!.AsArray().Select(layer => Blob(layout, layer!)), .. archives.Select(Compress)];
        foreach (byte[] archive in archives)
        {
            config["rootfs"]!["diff_ids"]!.AsArray().Add(TestImage.DigestOf(archive));
        }

        config["history"] = null;
        change(config);
        byte[] configBytes = Encoding.UTF8.GetBytes(config.ToJsonString());
        string list = string.Join(',', layers.Select(static layer => TestImage.Descriptor(LayerType, layer)));
        TestImage image = new()
        {
            Config = configBytes,
            Layers = layers,
            Manifest = Encoding.UTF8.GetBytes(
                $$"""{"schemaVersion":2,"mediaType":"{{TestImage.OciManifestType}}","config":{{TestImage.Descriptor(ConfigType, configBytes)}},"layers":[{{list}}]}"""),
        };
        await Registry.PushAsync(repository, "latest", image);
        return image;
    }

    private static byte[] Blob(string layout, JsonNode descriptor) =>
        File.ReadAllBytes(Path.Combine(layout, "blobs", descriptor["digest"]!.GetValue<string>().Replace(':', '/')));

    internal static byte[] Layer(params IEnumerable<(string Path, string Content, int Mode)> files)
    {
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, leaveOpen: true))
        {
            foreach ((string path, string content, int mode) in files)
            {
                bool isDirectory = path.EndsWith('/');
                PaxTarEntry entry = new(isDirectory ? TarEntryType.Directory : TarEntryType.RegularFile, path)
                {
                    Mode = (UnixFileMode)mode,
                    Uid = 1000,
                    Gid = 1000,
                };
                if (!isDirectory)
                {
                    entry.DataStream = new MemoryStream(Encoding.Latin1.GetBytes(content));
                }

                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    private static byte[] Compress(byte[] archive)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(archive);
        }

        return compressed.ToArray();
    }

    private static string ForeignProgram()
    {
        char[] header = new char[128];
        "\u007fELF\u0002\u0001\u0001".CopyTo(header);
        header[16] = '\u0002';
        header[18] = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? '\u003e' : '\u00b7';
        return new string(header);
    }
}
