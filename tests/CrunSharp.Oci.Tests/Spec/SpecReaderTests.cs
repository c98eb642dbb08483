using System.Text;
using System.Text.Json.Nodes;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class SpecReaderTests
{
    [Theory]
    [InlineData("runc")]
    [InlineData("runc-rootless")]
    [InlineData("crun")]
    [InlineData("crun-rootless")]
    [InlineData("podman")]
    [InlineData("all-fields")]
    public void Spec_ReadAndWritten_SaysTheSame(string name)
    {
        byte[] original = Config(name);
        byte[] written = SpecWriter.Write(SpecReader.Read(original));
        JsonNode expected = Meaning(JsonNode.Parse(original))!;
        (expected as JsonObject)!.Remove("unknownToUs");
        JsonNode actual = Meaning(JsonNode.Parse(written))!;
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected}\n---\n{actual}");
    }

    [Fact]
    public void Spec_EveryField_ArrivesInItsPlace()
    {
        Spec spec = SpecReader.Read(Config("all-fields"));
        Assert.Equal(new ConsoleSize(24, 80), spec.Process?.ConsoleSize);
        Assert.Equal([10u, 4294967294u], spec.Process!.User.AdditionalGids);
        Assert.Equal("echo \"hé\" \\ 'x'", spec.Process.Args[2]);
        Assert.Equal(new Rlimit("RLIMIT_NOFILE", 1024, ulong.MaxValue), spec.Process.Rlimits[0]);
        Assert.Equal(new IdMapping(0, 1000, 1), spec.Mounts[0].UidMappings[0]);
        Assert.Equal(new LinuxNamespace(NamespaceType.Network, "/run/netns/a"), spec.Linux.Namespaces[1]);
        Assert.Equal(new DeviceRule(true, 'c', 1, 3, "rw"), spec.Linux.Resources.Devices[1]);
        Assert.Equal(-1, spec.Linux.Resources.PidsLimit);
        Assert.Equal(new TimeOffset(-5, 6), spec.Linux.TimeOffsets["boottime"]);
    }

    [Fact]
    public void Seccomp_IsKeptByteForByte()
    {
        ReadOnlyMemory<byte> section = SpecReader.Read(Config("all-fields")).Linux.Seccomp;
        string text = Encoding.UTF8.GetString(section.Span);
        Assert.StartsWith("{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\"", text, StringComparison.Ordinal);
        Assert.EndsWith("}] }", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"ociVersion":"1.0.0","process":{"cwd":"/","user":{"uid":"0"}}}""", "'process.user.uid' is not a number")]
    [InlineData("""{"ociVersion":"1.0.0","process":{"cwd":"/","user":{"uid":-1}}}""", "'process.user.uid' is not a whole number from 0 to 4294967295")]
    [InlineData("""{"ociVersion":"1.0.0","process":{"cwd":"/","user":{"uid":4294967296}}}""", "'process.user.uid' is not a whole number from 0 to 4294967295")]
    [InlineData("""{"ociVersion":"1.0.0","process":{"args":["a",7]}}""", "'process.args[1]' is not a string")]
    [InlineData("""{"ociVersion":"1.0.0","mounts":[{"destination":"/a"},{"type":"tmpfs"}]}""", "'mounts[1]' has no destination")]
    [InlineData("""{"ociVersion":"1.0.0","mounts":{}}""", "'mounts' is not a list")]
    [InlineData("""{"ociVersion":"1.0.0","linux":{"namespaces":[{"type":"pids"}]}}""", "'linux.namespaces[0].type' is 'pids', which is no kind of namespace")]
    [InlineData("""{"ociVersion":"1.0.0","linux":{"sysctl":{"a":1}}}""", "'linux.sysctl.a' is not a string")]
    [InlineData("""{"ociVersion":"2.0.0"}""", "'ociVersion' is '2.0.0', which is not a version 1 of the runtime specification")]
    [InlineData("""{"process":{"cwd":"/"}}""", "it has no ociVersion")]
    [InlineData("""{"ociVersion":"1.0.0","process":{"cwd":"/"}}x""", "line 1 is not JSON")]
    [InlineData("{\"ociVersion\":\"1.0.0\",\n\n]", "line 3 is not JSON")]
    [InlineData("[]", "it is not an object")]
    [InlineData("", "line 1 is not JSON")]
    public void Spec_ThatIsWrong_IsRefusedWithItsPlace(string json, string why)
    {
        CrunException refusal = Assert.Throws<CrunException>(() => SpecReader.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Equal($"cannot read config.json: {why}", refusal.Message);
    }

    [Fact]
    public void Spec_NullsOfGo_CountAsAbsent()
    {
        Spec spec = SpecReader.Read(
            """{"ociVersion":"1.0.2","process":{"cwd":"/","args":null,"capabilities":null,"rlimits":null},"mounts":null,"linux":{"resources":{"devices":null,"memory":null},"seccomp":null}}"""u8);
        Assert.Empty(spec.Process!.Args);
        Assert.Null(spec.Process.Capabilities);
        Assert.Empty(spec.Mounts);
        Assert.True(spec.Linux.Seccomp.IsEmpty);
    }

    [Fact]
    public void DeviceRule_WithMinusOne_MeansAll()
    {
        LinuxResources resources = SpecReader.ReadResources("""{"devices":[{"allow":true,"type":"c","major":-1,"minor":-1,"access":"m"}]}"""u8);
        Assert.Equal(new DeviceRule(true, 'c', null, null, "m"), Assert.Single(resources.Devices));
    }

    [Fact]
    public void Process_Alone_IsReadAsInConfigJson()
    {
        Process process = ProcessReader.Read("""{"terminal":true,"user":{"uid":5,"gid":6},"args":["sh"],"cwd":"/tmp"}"""u8);
        Assert.Equal((true, 5u, 6u, "/tmp"), (process.Terminal, process.User.Uid, process.User.Gid, process.Cwd));
    }

    private static byte[] Config(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Spec", "configs", $"{name}.json"));

    // What Go leaves out when it is empty, others write: both mean the same.
    private static JsonNode? Meaning(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                JsonObject kept = [];
                foreach ((string name, JsonNode? value) in fields.OrderBy(static field => field.Key, StringComparer.Ordinal))
                {
                    bool zeroOwner = name is "uid" or "gid" && value is JsonValue id && id.ToJsonString() == "0";
                    bool decides = name == "allow";
                    if (!zeroOwner && Meaning(value) is { } meaning && (decides || meaning.ToJsonString() is not ("false" or "\"\"")))
                    {
                        kept.Add(name, meaning);
                    }
                }

                return kept.Count > 0 ? kept : null;
            case JsonArray items:
                JsonArray list = [.. items.Select(Meaning)];
                return list.Count > 0 ? list : null;
            default:
                return node?.DeepClone();
        }
    }
}
