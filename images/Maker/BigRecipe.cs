using System.Globalization;

namespace CrunSharp.ImageMaker;

/// <summary>About 200 MB compressed, 25,000 files, five layers: what a runtime of a large language weighs.</summary>
/// <remarks>
/// Drawn from a fixed seed. Content is made of phrases that repeat, near and far, between bytes that do not, so
/// that deflate finds in it what it finds in programs: a third of the size is left.
/// </remarks>
public static class BigRecipe
{
    private const int Files = 25000;
    private const int Layers = 5;

    public static void Write(Layout layout)
    {
        Random random = new(20231114);
        byte[][] phrases = [.. Enumerable.Range(0, 4096).Select(_ => Phrase(random))];
        for (int number = 0; number < Layers; number++)
        {
            int layerNumber = number;
            layout.AddLayer(tar => WriteLayer(tar, layerNumber, random, phrases));
        }

        layout.Finish(["/bin/sh"]);
    }

    private static void WriteLayer(Stream tar, int number, Random random, byte[][] phrases)
    {
        TarWriter writer = new(tar);
        Layer layer = new Layer().Directory("usr").Directory("usr/lib").Directory($"usr/lib/part{number}");
        if (number == 0)
        {
            layer.Directory("bin").File("bin/busybox", File.ReadAllBytes("/bin/busybox"), "755").Symlink("bin/sh", "busybox").Symlink("bin/true", "busybox");
        }

        foreach (TarItem item in layer.Items)
        {
            writer.Write(item);
        }

        string directory = "";
        for (int file = 0; file < Files / Layers; file++)
        {
            if (file % 20 == 0)
            {
                directory = $"usr/lib/part{number}/{file / 20:x3}";
                writer.Write(new Layer().Directory(directory).Items[0]);
            }

            string name = string.Create(CultureInfo.InvariantCulture, $"{directory}/module-{random.Next(1 << 24):x6}-{file}.so");
            writer.Write(file % 50 == 49
                ? new Layer().Symlink(name, "module").Items[0]
                : new Layer().File(name, Content(random, phrases), "644").Items[0]);
        }

        writer.Finish();
    }

    // Most files are small, most bytes are in large ones: sizes spread evenly over their logarithm.
    private static byte[] Content(Random random, byte[][] phrases)
    {
        byte[] content = new byte[(int)Math.Exp(5 + (random.NextDouble() * 7))];
        int position = 0;
        while (position < content.Length)
        {
            byte[] phrase = phrases[random.Next(random.Next(4) == 0 ? phrases.Length : 256)];
            int length = Math.Min(phrase.Length, content.Length - position);
            phrase.AsSpan(0, length).CopyTo(content.AsSpan(position));
            position += length;
            int fresh = Math.Min(random.Next(1, 6), content.Length - position);
            random.NextBytes(content.AsSpan(position, fresh));
            position += fresh;
        }

        return content;
    }

    private static byte[] Phrase(Random random)
    {
        byte[] phrase = new byte[random.Next(6, 32)];
        random.NextBytes(phrase);
        return phrase;
    }
}
