using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class SpecReaderFuzzTests
{
    private static readonly byte[] s_config = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Spec", "configs", "all-fields.json"));

    [Fact]
    public void Spec_CutAnywhere_IsRefusedInWords()
    {
        int end = s_config.AsSpan().LastIndexOf((byte)'}');
        for (int length = 0; length < end; length += 3)
        {
            Assert.Throws<CrunException>(() => SpecReader.Read(s_config.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Spec_WithAnyByteChanged_IsReadOrRefusedInWords()
    {
        // The same every time: a failure can be seen again.
        Random random = new(20261124);
        string interesting = "{}[]\",:\\0-9ent \0\xff\x80";
        for (int round = 0; round < 4000; round++)
        {
            byte[] changed = [.. s_config];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = (byte)interesting[random.Next(interesting.Length)];
            }

            try
            {
                Spec spec = SpecReader.Read(changed);
                Assert.NotEmpty(SpecWriter.Write(spec));
            }
            catch (CrunException refusal)
            {
                Assert.StartsWith("cannot read config.json: ", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("""{"ociVersion":"\ud800"}""")]
    [InlineData("""{"ociVersion":"1.0.0","annotations":{"\ud800":"x"}}""")]
    public void Spec_WithHalfACharacter_IsRefusedInWords(string json) =>
        Assert.Throws<CrunException>(() => SpecReader.Read(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Spec_DeeperThanAnythingReal_IsRefusedInWords() => Assert.Throws<CrunException>(
        () => SpecReader.Read(Encoding.UTF8.GetBytes($$"""{"ociVersion":"1.0.0","x":{{new string('[', 5000)}}""")));
}
