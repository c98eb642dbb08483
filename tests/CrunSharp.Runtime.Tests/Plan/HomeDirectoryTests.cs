using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class HomeDirectoryTests
{
    [Theory]
    [InlineData(0u, "/root")]
    [InlineData(1000u, "/home/app")]
    [InlineData(7u, "/")]
    [InlineData(8u, "/")]
    [InlineData(9u, "/")]
    public void Home_IsThatOfTheFirstLineWithTheId(uint uid, string home) => Assert.Equal(home, HomeDirectory.Find(
        "root:x:0:0::/root:/bin/sh\nbroken\napp:x:1000:1000::/home/app:\nagain:x:1000:1::/other:\nno:x:8:8:::\nctl:x:9:9::/a\tb:\nx:x:7x:7::/x:"u8, uid));

    [Fact]
    public void Home_IsAddedOnlyWhereTheProcessHasNone()
    {
        PlanOptions options = new() { Home = "/home/app" };
        Assert.Equal(["PATH=/bin", "HOME=/home/app"], Specs.Minimal.Plan(options).All<Execute>()[0].Env);
        Assert.Equal(["HOME=/x"], Specs.WithProcess(process => process with { Env = ["HOME=/x"] }).Plan(options).All<Execute>()[0].Env);
    }
}
