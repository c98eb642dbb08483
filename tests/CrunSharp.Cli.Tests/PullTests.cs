using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

public sealed class PullTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public void Pull_OfAnImage_PrintsDigestStatusAndName()
    {
        CommandResult result = _own.Run("pull", "data");
        Assert.Matches("^Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for data:latest\ndocker.io/library/data:latest\n$", result.Output);
        Assert.Contains("Pull complete", result.Error, StringComparison.Ordinal);
        CommandResult again = _own.Run("pull", "data");
        Assert.Contains("Status: Image is up to date for data:latest", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pull_Quietly_PrintsTheNameAlone()
    {
        CommandResult result = _own.Run("pull", "-q", "data");
        Assert.Equal(("docker.io/library/data:latest\n", ""), (result.Output, result.Error));
    }

    [Fact]
    public void Images_AndInspect_ShowWhatWasPulled()
    {
        Assert.Matches("alpine +latest +[0-9a-f]{12} +.* ago +[0-9.]+MB\n", _own.Run("images").Output);
        JsonElement image = _own.Inspect("alpine")!.Value;
        string id = image.GetProperty("Id").GetString()!;
        Assert.Equal("alpine:latest", image.GetProperty("RepoTags")[0].GetString());
        Assert.Equal(id, _own.Run("images", "-q", "--no-trunc").Output.Trim());
        Assert.Equal(id, _own.Inspect(id["sha256:".Length..][..12])!.Value.GetProperty("Id").GetString());
    }

    [Fact]
    public void Rmi_OfTheOnlyName_RemovesTheImage()
    {
        CommandResult result = _own.Run("rmi", "alpine");
        Assert.Matches("^Untagged: alpine:latest\nDeleted: sha256:[0-9a-f]{64}\n", result.Output);
        Assert.Equal("", _own.Run("images", "-q").Output);
    }

    [Fact]
    public async Task Pull_OfOneImageByTwoAtOnce_WorksForBoth()
    {
        _own.Run("rmi", "alpine").Succeeded();
        CommandResult[] results = await Task.WhenAll(_own.RunAsync(null, "pull", "data"), _own.RunAsync(null, "pull", "data"), _own.RunAsync(null, "pull", "alpine"));
        Assert.All(results, static result => result.Succeeded());
        Assert.Equal("ok\n", _own.Run("run", "--rm", "--network", "none", "alpine", "echo", "ok").Output);
    }
}
