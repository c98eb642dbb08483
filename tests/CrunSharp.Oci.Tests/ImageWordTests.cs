using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class ImageWordTests
{
    private const string Config = """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":3}""";

    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("arm64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("Linux/ARM/v6", "linux/arm/v6")]
    public void Platform_AsTyped_BecomesGosName(string typed, string name) => Assert.Equal(name, Platform.Parse(typed).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("linux/")]
    [InlineData("linux/amd64/v2/x")]
    [InlineData("linux/am d64")]
    [InlineData("linux/\u001b[2J")]
    public void Platform_ThatIsNone_IsRefused(string typed) => Assert.Throws<CrunException>(() => Platform.Parse(typed));

    [Theory]
    [InlineData("linux/arm/v7", "linux/arm/v7", 0)]
    [InlineData("linux/arm/v7", "linux/arm/v5", 2)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/arm64", "linux/arm64/v8", 0)]
    [InlineData("linux/arm64", "linux/arm64/v9", null)]
    [InlineData("linux/amd64/v3", "linux/amd64", 2)]
    [InlineData("linux/amd64", "linux/amd64/v2", null)]
    [InlineData("linux/amd64", "linux/amd64/vx", null)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    [InlineData("linux/amd64", "linux/386", null)]
    public void Platform_Offered_IsSoFarFromTheBest(string wanted, string offered, int? distance) =>
        Assert.Equal(distance, Platform.Parse(wanted).Distance(Platform.Parse(offered)));

    [Theory]
    [InlineData("[]", "it is not an object")]
    [InlineData("{", "it is not JSON")]
    [InlineData("{}x", "it is not JSON")]
    [InlineData("{}", "it has neither 'config' and 'layers' nor 'manifests'")]
    [InlineData("""{"schemaVersion":2,"schemaVersion":2}""", "at 'schemaVersion': it is there twice")]
    [InlineData("""{"schemaVersion":3,"config":%,"layers":[]}""", "its schemaVersion is 3")]
    [InlineData("""{"layers":[%],"config":{"digest":"sha256:x","size":1}}""", "at 'config.digest': it is no digest")]
    [InlineData("""{"config":%,"layers":[%,{"size":-1}]}""", "at 'layers[1].size': it is negative")]
    [InlineData("""{"config":%,"layers":[{"size":1.5}]}""", "at 'layers[0].size': it is not a whole number")]
    [InlineData("""{"config":%,"layers":[{"size":1}]}""", "at 'layers[0]': it has no digest")]
    [InlineData("""{"config":%,"layers":{}}""", "at 'layers': it is not a list")]
    [InlineData("""{"config":%,"layers":[],"annotations":{"a":1}}""", "at 'annotations.a': it is not a text")]
    [InlineData("""{"config":%,"layers":[],"manifests":[]}""", "two different images")]
    [InlineData("""{"config":%,"manifests":[]}""", "two different images")]
    [InlineData("""{"fsLayers":[],"manifests":[]}""", "two different images")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.index.v1+json","config":%,"layers":[]}""", "has the members of a manifest")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}""", "has the members of an index")]
    [InlineData("""{"mediaType":"text/plain","manifests":[]}""", "is called 'text/plain'")]
    public void Cve2021_41190_Manifest_ThatIsNotOneThing_IsRefused(string json, string why)
    {
        CrunException refused = Assert.Throws<CrunException>(() => ManifestDocument.Parse(Bytes(json.Replace("%", Config))));
        Assert.Contains(why, refused.Message);
    }

    [Fact]
    public void Manifest_NestedTooDeep_IsRefused() =>
        Assert.Throws<CrunException>(() => ManifestDocument.Parse(Bytes($"{{\"x\":{new string('[', 100_000)}")));

    [Fact]
    public void Cve2017_11468_ManifestBeyondTheLimit_IsRefusedUnread() =>
        Assert.Contains("at most 4194304", Assert.Throws<CrunException>(() => ManifestDocument.Parse(new byte[(4 << 20) + 1])).Message);

    [Fact]
    public void Manifest_Parsed_KeepsWhatItSays()
    {
        Manifest manifest = Manifest.Parse(Bytes($$$"""{"schemaVersion":2,"config":{{{Config}}},"layers":[{{{Config}}}],"annotations":{"a":"b"},"unknown":[{"x":[1]}]}"""));
        Assert.Equal(MediaTypes.OciManifest, manifest.MediaType);
        Assert.Equal(3, Assert.Single(manifest.Layers).Size);
        Assert.Equal("b", manifest.Annotations["a"]);
    }

    [Fact]
    public void Index_AskedForAsManifest_IsRefused() =>
        Assert.Throws<CrunException>(() => Manifest.Parse("""{"schemaVersion":2,"manifests":[]}"""u8.ToArray()));

    [Fact]
    public void ImageConfig_AsDockerWritesIt_IsRead()
    {
        ImageConfig config = ImageConfig.Parse(
            """
            {"architecture":"arm64","variant":"v8","os":"linux","created":"2026-01-02T03:04:05.123456789Z","author":null,"docker_version":"x",
             "container_config":{"Cmd":["old"]},
             "config":{"User":"1000:1000","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Env":["A=b=c","E=","PATH=/bin"],"Entrypoint":["/e"],"Cmd":null,
               "Volumes":{"/data":{}},"WorkingDir":"/w","Labels":{"l":"v","n":null},"StopSignal":"SIGQUIT","OnBuild":null,
               "Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Retries":3}},
             "rootfs":{"type":"layers","diff_ids":["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]},
             "history":[{"created":"2026-01-02T03:04:05Z","created_by":"RUN x","empty_layer":true},{}]}
            """u8.ToArray());
        Assert.Equal("linux/arm64", config.Platform.ToString());
        Assert.Equal(2026, config.Created?.Year);
        Assert.Equal(["A=b=c", "E=", "PATH=/bin"], config.Env);
        Assert.Equal(["/e"], config.Entrypoint);
        Assert.Empty(config.Cmd);
        Assert.Equal(["80/tcp", "53/udp"], config.ExposedPorts);
        Assert.Equal(["/data"], config.Volumes);
        Assert.Equal("v", config.Labels["l"]);
        Assert.Equal("SIGQUIT", config.StopSignal);
        Assert.Equal(TimeSpan.FromSeconds(30), config.Healthcheck?.Interval);
        Assert.Single(config.DiffIds);
        Assert.Equal([true, false], config.History.Select(entry => entry.EmptyLayer));
    }

    [Fact]
    public void Cve2026_57231_EnvWithoutAValue_AsksForNothingOfTheHost() =>
        Assert.Equal(["A=1"], ImageConfig.Parse("""{"config":{"Env":["*","HOME","A=1","=x",""]}}"""u8.ToArray()).Env);

    [Theory]
    [InlineData("""{"config":{"Env":["A=\u0000"]}}""", "at 'config.Env[0]': it holds a NUL")]
    [InlineData("""{"config":{"Entrypoint":"/bin/sh"}}""", "at 'config.Entrypoint': it is not a list")]
    [InlineData("""{"config":{"Cmd":[null]}}""", "at 'config.Cmd[0]': it is not a text")]
    [InlineData("""{"rootfs":{"diff_ids":["sha256:../x"]}}""", "at 'rootfs.diff_ids[0]': it is no digest")]
    [InlineData("""{"rootfs":{"type":"zfs"}}""", "only 'layers' is known")]
    [InlineData("""{"config":{"User":"a"},"config":{"User":"b"}}""", "it is there twice")]
    public void ImageConfig_ThatCannotBeMeant_IsRefusedWithThePlace(string json, string why) =>
        Assert.Contains(why, Assert.Throws<CrunException>(() => ImageConfig.Parse(Bytes(json))).Message);

    [Fact]
    public void ImageConfig_NotUtf8_IsRefused() =>
        Assert.Throws<CrunException>(() => ImageConfig.Parse("""{"os":"\ud800"}"""u8.ToArray()));

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar", LayerPacking.None)]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", LayerPacking.Gzip)]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd", LayerPacking.Zstd)]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LayerPacking.Gzip)]
    public void Layer_MediaType_TellsThePacking(string type, LayerPacking packing) => Assert.Equal(packing, MediaTypes.PackingOf(type));

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+xz")]
    [InlineData("")]
    public void Layer_OfAnUnknownKind_IsRefused(string type) => Assert.Throws<CrunException>(() => MediaTypes.PackingOf(type));

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
