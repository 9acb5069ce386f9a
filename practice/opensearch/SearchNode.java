import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/** One node with the plugins that are on the class path. Arguments: its folder, name=value... */
public final class SearchNode extends Node {
    private static final List<Class<? extends Plugin>> PLUGINS = List.of(
        org.opensearch.transport.Netty4Plugin.class,
        org.opensearch.analysis.common.CommonAnalysisPlugin.class,
        org.opensearch.painless.PainlessPlugin.class,
        org.opensearch.index.mapper.MapperExtrasPlugin.class,
        org.opensearch.index.reindex.ReindexPlugin.class,
        org.opensearch.knn.plugin.KNNPlugin.class);

    private SearchNode(Environment environment) {
        super(environment, PLUGINS, true);
    }

    public static void main(String[] words) throws Exception {
        Settings.Builder told = Settings.builder().put("path.home", words[0]);
        for (String word : List.of(words).subList(1, words.length)) {
            told.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            told.build(), Map.of(), Path.of(words[0], "config"), () -> "practice");
        Node node = new SearchNode(environment);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (java.io.IOException failed) {
                throw new java.io.UncheckedIOException(failed);
            }
        }));
        node.start();
        new CountDownLatch(1).await(); // its own threads keep no process alive
    }
}
