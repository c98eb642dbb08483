using System.Text;
using System.Text.Json;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class ContainerRecordTests
{
    private static readonly ContainerRecord s_record = new()
    {
        Id = "c1",
        Pid = 4711,
        StartTime = ulong.MaxValue,
        BootId = "b",
        Bundle = "/b \"quoted\" \\ \u0001 ü",
        RootPath = "/b/rootfs",
        Created = new DateTimeOffset(2026, 11, 24, 10, 40, 48, TimeSpan.Zero),
        Owner = "root",
        Annotations = new Dictionary<string, string> { ["a/b"] = "x\ny", ["pid"] = "no number" },
        CgroupDirectories = ["/sys/fs/cgroup/pids/c1", "/sys/fs/cgroup/cpu/c1"],
        HasPoststop = true,
    };

    [Fact]
    public void Parse_OfWhatWasWritten_IsTheSameRecordAndSpec()
    {
        ReadOnlySpan<byte> spec = "{\"ociVersion\": \"1.0.2\", \"pid\": 1}"u8;
        ReadOnlySpan<byte> json = s_record.ToJson(spec);
        ContainerRecord read = ContainerRecord.Parse(json, out Range where);
        Assert.Equal(Encoding.UTF8.GetString(spec), Encoding.UTF8.GetString(json[where]));
        Assert.Equivalent(s_record, read, strict: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"pid\":1}")]
    [InlineData("[]")]
    public void Parse_OfSomethingElse_IsAJsonException(string text) =>
        Assert.ThrowsAny<JsonException>(() => ContainerRecord.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parse_OfFieldsOfALaterVersion_SkipsThem() =>
        Assert.Equal("x", ContainerRecord.Parse("{\"id\":\"x\",\"later\":{\"pid\":[1,{}]},\"pid\":3}"u8).Id);

    [Fact]
    public void IsAlive_OfAnotherBoot_IsFalse()
    {
        ContainerRecord own = s_record with
        {
            Pid = Environment.ProcessId,
            StartTime = Linux.ProcessStatus.TryRead(Environment.ProcessId)!.Value.StartTime,
            BootId = ContainerLife.Boot,
        };
        Assert.True(ContainerLife.IsAlive(own));
        Assert.False(ContainerLife.IsAlive(own with { BootId = "another" }));
        Assert.False(ContainerLife.IsAlive(own with { StartTime = own.StartTime + 1 }));
        Assert.False(ContainerLife.IsAlive(own with { Pid = 0 }));
    }

    [Fact]
    public void StateJson_OfAState_HasTheSpecsWords()
    {
        ContainerState state = new()
        {
            Id = ContainerId.Parse("c1"),
            Status = ContainerStatus.Paused,
            Pid = 7,
            Bundle = "/b",
            RootPath = "/b/rootfs",
            Created = s_record.Created,
            Owner = "root",
            Annotations = new Dictionary<string, string> { ["k"] = "v" },
        };
        using JsonDocument json = JsonDocument.Parse(StateJson.Write(state));
        JsonElement root = json.RootElement;
        Assert.Equal(("c1", "paused", 7), (root.GetProperty("id").GetString(), root.GetProperty("status").GetString(), root.GetProperty("pid").GetInt32()));
        Assert.Equal("2026-11-24T10:40:48Z", root.GetProperty("created").GetString());
        Assert.Equal("v", root.GetProperty("annotations").GetProperty("k").GetString());
        Assert.Equal("1.3.0", root.GetProperty("ociVersion").GetString());
    }

    [Fact]
    public void StateJson_OfNoContainers_IsAnEmptyList() => Assert.Equal("[]", Encoding.UTF8.GetString(StateJson.Write([])));
}
